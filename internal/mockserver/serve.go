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
	"strings"
	"time"
)

const (
	defaultListen     = "127.0.0.1:8080"
	readHeaderTimeout = 10 * time.Second
	// shutdownGrace is for answers on their way; those that hang or drip are told to stop at once.
	shutdownGrace = 5 * time.Second
)

const usage = `Usage: terraform-provider-matillion mock [-listen ADDRESS] [-scenario FILE]

Serves a mock of the Matillion API on this machine and prints the environment
variables that point the provider to it, for "terraform test" without a network.
It stops on interrupt. Nothing that it is told leaves its memory.

`

// Command is the subcommand "mock". It serves until the context ends.
func Command(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("mock", flag.ContinueOnError)
	flags.SetOutput(stderr)
	listen := flags.String("listen", defaultListen, "loopback `address` and port to listen on; port 0 takes a free one")
	file := flags.String("scenario", "", "JSON `file` that says what to serve; without it, a small sample project")
	flags.Usage = func() {
		_, _ = io.WriteString(stderr, usage)
		flags.PrintDefaults()
	}
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("mock: unexpected argument %q", flags.Arg(0))
	}
	scenario, err := loadScenario(*file)
	if err != nil {
		return fmt.Errorf("mock: %w", err)
	}
	listener, err := listenLoopback(ctx, *listen)
	if err != nil {
		return fmt.Errorf("mock: %w", err)
	}
	server := New(scenario)
	logger := log.New(stderr, "", log.LstdFlags)
	server.observe = func(r Request) { logger.Print(logLine(r)) }
	if err := printExports(stdout, server, "http://"+listener.Addr().String()); err != nil {
		return errors.Join(err, listener.Close())
	}
	return serveUntil(ctx, listener, server, logger)
}

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

// printExports prints what the provider needs, for a shell to read.
func printExports(w io.Writer, s *Server, base string) error {
	lines := [][2]string{
		{"MATILLION_API_URL", base + APIPath},
		{"MATILLION_TOKEN_URL", base + TokenPath},
		{"MATILLION_AUDIENCE_URL", base},
		{"MATILLION_CLIENT_ID", s.scenario.ClientID},
		{"MATILLION_CLIENT_SECRET", s.scenario.ClientSecret},
	}
	if s.scenario.AccountID != "" {
		lines = append(lines, [2]string{"MATILLION_ACCOUNT_ID", s.scenario.AccountID})
	}
	if len(s.scenario.Projects) > 0 {
		lines = append(lines, [2]string{"MATILLION_PROJECT_ID", s.scenario.Projects[0].ID})
	}
	var text strings.Builder
	for _, line := range lines {
		fmt.Fprintf(&text, "export %s=%s\n", line[0], shellQuote(line[1]))
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
