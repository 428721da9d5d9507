// Command build writes the script that is committed, from the TypeScript in the folder above. Run it by
// "go generate ./internal/web/script".
package main

import (
	"log"
	"os"

	"beside/internal/web/script"
)

func main() {
	js, err := script.Build()
	if err != nil {
		log.Fatal(err)
	}
	if err := os.WriteFile(script.Output, js, 0o644); err != nil { //nolint:gosec // a source file of the repository
		log.Fatal(err)
	}
}
