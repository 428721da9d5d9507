package house

import (
	"fmt"
	"go/ast"
	"slices"
	"testing"
)

// forAnother are the functions that give from a book, or take back, as its owner who is not signed in, because they signed on paper.
var forAnother = []string{"ChooseSigned", "TakeBackSigned"}

// signers complains about uses of these functions anywhere but where it is made sure that there is a paper.
func signers(all tree) []string {
	var out []string
	for _, f := range all.where(isGo, notUnder("internal/peer/signed")) {
		ast.Inspect(f.ast, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok && slices.Contains(forAnother, s.Sel.Name) {
				out = append(out, fmt.Sprintf("%s acts as the owner of a book: only package peer/signed does", f.at(s)))
			}
			return true
		})
	}
	return out
}

func TestOnlyASheetActsForItsOwner(t *testing.T) {
	report(t, signers(house(t)))
}

func TestOnlyASheetActsForItsOwnerComplains(t *testing.T) {
	expect(t, signers(tree{
		sample(t, "internal/web/a/a.go", `package a; var x = peers.ChooseSigned`),
		sample(t, "internal/peer/signed/b.go", `package signed; var x = peers.ChooseSigned`), // fine
		sample(t, "internal/peer/c.go", `package peer; func TakeBackSigned() {}`),            // fine: there it is made
	}), "internal/web/a/a.go:1")
}
