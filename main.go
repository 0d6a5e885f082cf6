// Command terraform-provider-matillion is a Terraform provider that runs published pipelines of Matillion's Data
// Productivity Cloud. Terraform starts it. People start it only for the subcommand mock, which serves a stand-in for
// the API: see package mockserver.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider"
	"github.com/matillion-community/terraform-provider-matillion/internal/serve"
)

// gcPercent lets the heap, which is small and short-lived, grow to five times what is in use before it is collected: a
// fifth of the provider's time went into collecting it.
const gcPercent = 400

// version is set by the build.
var version = "dev"

func main() {
	if err := run(os.Args[1:]); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "terraform-provider-matillion:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) > 0 && args[0] == "mock" {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		defer stop()
		return mockserver.Command(ctx, args[1:], os.Stdout, os.Stderr)
	}
	debug.SetGCPercent(gcPercent)
	flag.Usage = usage
	reattach := flag.Bool("debug", false, "serve for a debugger: prints what to set TF_REATTACH_PROVIDERS to")
	flag.Parse()
	if err := serve.DropUnreadLogs(); err != nil {
		return err
	}
	return serve.Provider(provider.NewServer(version)(), *reattach)
}

func usage() {
	fmt.Fprintln(flag.CommandLine.Output(), "Terraform starts this program. People start it for a mock of the API, with "+
		"the subcommand mock (see mock -help), or for a debugger:")
	flag.PrintDefaults()
}
