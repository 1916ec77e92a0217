// Prints a compose file as Docker Compose takes it, by the loader that Compose has itself: `compose-model FILE`, with what it asks for in
// the environment. Built by scripts/kubernetes.mjs, where there is no Docker.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/compose-spec/compose-go/v2/cli"
)

func main() {
	options, err := cli.NewProjectOptions(os.Args[1:], cli.WithOsEnv)
	exitIf(err)
	project, err := options.LoadProject(context.Background())
	exitIf(err)
	model, err := project.MarshalJSON()
	exitIf(err)
	fmt.Println(string(model))
}

func exitIf(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
