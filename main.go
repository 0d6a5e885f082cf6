// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

// Command terraform-provider-matillion is a Terraform provider that runs published pipelines of Matillion's Data
// Productivity Cloud. Terraform starts it without arguments. People start it for its subcommands: see [usage].
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/diagnose"
	"github.com/matillion-community/terraform-provider-matillion/internal/serve"
)

const name = "terraform-provider-matillion"

const usage = `Terraform starts this program. People start it for one of its subcommands:

  terraform-provider-matillion mock      serves a mock of the Matillion API: see "mock -help"
  terraform-provider-matillion version   prints the version
  terraform-provider-matillion help      prints this text

or without a subcommand, for a debugger:

`

// version is set by the build.
var version = "dev"

func main() {
	err := run(os.Args[1:], os.Stdout, os.Stderr)
	if ended, ok := errors.AsType[*mockserver.ExitError](err); ok {
		os.Exit(ended.Status) // the command has said why
	}
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
		os.Exit(1)
	}
}

func run(args []string, stdout, stderr io.Writer) error {
	if len(args) == 0 || strings.HasPrefix(args[0], "-") {
		return serveProvider(args, stderr)
	}
	switch args[0] {
	case "mock":
		return mockserver.Command(context.Background(), args[1:], stdout, stderr)
	case "version":
		fmt.Fprintf(stdout, "%s %s (%s %s/%s)\n", name, version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
		return nil
	case "help":
		return serveProvider([]string{"-help"}, stdout)
	default:
		return unknown(args[0])
	}
}

// serveProvider serves the provider. Its output is for help.
func serveProvider(args []string, output io.Writer) error {
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	flags.SetOutput(output)
	flags.Usage = func() {
		fmt.Fprint(output, usage)
		flags.PrintDefaults()
	}
	debug := flags.Bool("debug", false, "serve for a debugger: prints what to set TF_REATTACH_PROVIDERS to")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return unknown(flags.Arg(0))
	}
	if err := serve.DropUnreadLogs(); err != nil {
		return err
	}
	return serve.Provider(provider.NewServer(version)(), *debug)
}

func unknown(subcommand string) error {
	hint := fmt.Sprintf("run %q for the list", name+" help")
	if near := diagnose.Nearest(subcommand, []string{"mock", "version", "help"}); len(near) > 0 {
		hint = fmt.Sprintf("did you mean %q?", near[0])
	}
	return fmt.Errorf("unknown subcommand %q: %s", subcommand, hint)
}
