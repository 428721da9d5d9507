// Command build writes the scripts that are committed, from the TypeScript in the folder above. Run it by
// "go generate ./internal/web/script".
package main

import (
	"log"
	"os"

	"beside/internal/web/script"
)

func main() {
	for _, s := range script.Scripts {
		js, err := s.Build()
		if err != nil {
			log.Fatal(err)
		}
		if err := os.WriteFile(s.Output, js, 0o644); err != nil { //nolint:gosec // a source file of the repository
			log.Fatal(err)
		}
	}
}
