// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"
)

const (
	defaultListen     = "127.0.0.1:8080"
	anyPort           = "127.0.0.1:0"
	readHeaderTimeout = 10 * time.Second
	// shutdownGrace is for answers on their way; those that hang or drip are told to stop at once.
	shutdownGrace = 5 * time.Second
)

const usage = `Usage: terraform-provider-matillion mock [-listen ADDRESS] [-scenario FILE]
       terraform-provider-matillion mock [flags] -- COMMAND [ARGUMENTS]

Serves a mock of the Matillion API on this machine. Nothing leaves this machine, and
nothing is kept when it stops.

With a COMMAND, such as "terraform test", it serves while the command runs, with
the environment variables set that point the provider to it, and exits as the
command does. Without one, it prints these variables for a shell, and a line for
each request, and serves until it is interrupted.

`

// options are the flags of the command.
type options struct {
	listen, scenario, log string
	// command is what is run meanwhile; without one, the mock serves until it is interrupted.
	command []string
}

func readOptions(args []string, stderr io.Writer) (o options, err error) {
	own, command, withCommand := args, []string(nil), false
	if i := slices.Index(args, "--"); i >= 0 {
		own, command, withCommand = args[:i], args[i+1:], true
	}
	flags := flag.NewFlagSet("mock", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&o.listen, "listen", "", "loopback `address` and port to listen on; port 0 takes a free one\n"+
		"(default "+defaultListen+", or any free port with a COMMAND)")
	flags.StringVar(&o.scenario, "scenario", "", "JSON `file` that says what to serve; without it, a small sample project")
	flags.StringVar(&o.log, "log", "", "`file` for a line for each request\n"+
		"(default the standard error, or none with a COMMAND)")
	flags.Usage = func() {
		_, _ = io.WriteString(stderr, usage)
		flags.PrintDefaults()
	}
	o.command = command
	switch err := flags.Parse(own); {
	case err != nil:
		return o, err
	case flags.NArg() > 0:
		return o, fmt.Errorf("mock: unexpected argument %q; a command follows after --", flags.Arg(0))
	case withCommand && len(command) == 0:
		return o, errors.New("mock: a command must follow after --")
	case o.listen == "" && withCommand:
		o.listen = anyPort
	case o.listen == "":
		o.listen = defaultListen
	}
	return o, nil
}

// Command is the subcommand "mock". It serves while the command in its arguments runs, and returns an [ExitError] if
// that fails. Without a command it serves until the context ends or the process is told to end.
func Command(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	o, err := readOptions(args, stderr)
	if err != nil {
		return err
	}
	scenario, err := loadScenario(o.scenario)
	if err != nil {
		return fmt.Errorf("mock: %w", err)
	}
	lines, err := o.openLog(stderr)
	if err != nil {
		return fmt.Errorf("mock: %w", err)
	}
	defer lines.Close()
	listener, err := listenLoopback(ctx, o.listen)
	if err != nil {
		return fmt.Errorf("mock: %w", err)
	}
	server := New(scenario)
	logger := log.New(lines, "", log.LstdFlags)
	server.observe = func(r Request) { logger.Print(logLine(r)) }
	settings := server.settings("http://" + listener.Addr().String())
	if len(o.command) > 0 {
		return serveWhileRunning(ctx, listener, server, logger, commandOf(ctx, o.command, settings, stdout, stderr))
	}
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := printExports(stdout, settings); err != nil {
		return errors.Join(err, listener.Close())
	}
	return serveUntil(ctx, listener, server, logger)
}

// openLog opens what the lines about requests are written to.
func (o options) openLog(stderr io.Writer) (io.WriteCloser, error) {
	switch {
	case o.log != "":
		return os.Create(o.log)
	case len(o.command) > 0:
		return unclosed{io.Discard}, nil
	default:
		return unclosed{stderr}, nil
	}
}

// unclosed is a writer that stays open.
type unclosed struct{ io.Writer }

// Close does nothing.
func (unclosed) Close() error { return nil }

func loadScenario(file string) (Scenario, error) {
	if file == "" {
		return SampleScenario(), nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return Scenario{}, err
	}
	s, err := ReadScenario(bytes.NewReader(text))
	if err != nil {
		return Scenario{}, fmt.Errorf("%s: %w", file, err)
	}
	return s, nil
}

// listenLoopback refuses any address that others could reach: the mock's credentials are public.
func listenLoopback(ctx context.Context, address string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("-listen %q: %w", address, err)
	}
	ip := net.ParseIP(host)
	if host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("-listen %q: must be a loopback address such as %s", address, defaultListen)
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	if bound, ok := listener.Addr().(*net.TCPAddr); !ok || !bound.IP.IsLoopback() {
		return nil, errors.Join(fmt.Errorf("-listen %q: is not a loopback address here", address), listener.Close())
	}
	return listener, nil
}

// setting is an environment variable of the provider.
type setting struct{ name, value string }

// settings returns what the provider needs to find the mock, which is at a base address.
func (s *Server) settings(base string) []setting {
	settings := []setting{
		{"MATILLION_API_URL", base + APIPath},
		{"MATILLION_TOKEN_URL", base + TokenPath},
		{"MATILLION_AUDIENCE_URL", base},
		{"MATILLION_CLIENT_ID", s.scenario.ClientID},
		{"MATILLION_CLIENT_SECRET", s.scenario.ClientSecret},
	}
	if s.scenario.AccountID != "" {
		settings = append(settings, setting{"MATILLION_ACCOUNT_ID", s.scenario.AccountID})
	}
	if len(s.scenario.Projects) > 0 {
		settings = append(settings, setting{"MATILLION_PROJECT_ID", s.scenario.Projects[0].ID})
	}
	return settings
}

// printExports prints settings for a shell to read.
func printExports(w io.Writer, settings []setting) error {
	var text strings.Builder
	for _, s := range settings {
		fmt.Fprintf(&text, "export %s=%s\n", s.name, shellQuote(s.value))
	}
	_, err := io.WriteString(w, text.String())
	return err
}

// shellQuote quotes what a shell would not take as it is.
func shellQuote(value string) string {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:@%+,"
	if value != "" && strings.Trim(value, plain) == "" {
		return value
	}
	return "'" + strings.ReplaceAll(value, "'", `'\''`) + "'"
}

// logLine escapes the path, so that it cannot break the line.
func logLine(r Request) string {
	status := "no answer"
	if r.Status != 0 {
		status = fmt.Sprint(r.Status)
	}
	line := r.Method + " " + (&url.URL{Path: r.Path}).EscapedPath() + " " + status
	if r.Fault != "" {
		line += " (fault " + r.Fault + ")"
	}
	return line
}

// serveUntil serves until the context ends and then lets answers finish.
func serveUntil(ctx context.Context, listener net.Listener, handler http.Handler, logger *log.Logger) error {
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: readHeaderTimeout,
		ErrorLog:          logger,
		BaseContext:       func(net.Listener) context.Context { return ctx },
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return fmt.Errorf("mock: %w", err)
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownGrace)
	defer cancel()
	if err := server.Shutdown(grace); err != nil {
		return fmt.Errorf("mock: %w", errors.Join(err, server.Close()))
	}
	return nil
}
