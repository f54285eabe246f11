// Command spool runs the claude command-line agent as a service: a client opens a
// WebSocket, sends a prompt, and gets the agent's output line by line while it works.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"spool/demo/agent"
)

// version is this program's own. The protocol is described with it.
const version = "0.1.0"

func main() {
	if len(os.Args) > 1 && os.Args[1] == agent.Name {
		os.Exit(agent.Main(os.Args[2:], os.Stdin, os.Stdout, os.Stderr))
	}
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) { // as under nohup
		signal.Notify(signals, syscall.SIGHUP)
	}
	os.Exit(exitCode(start(os.Args[1:], signals, os.Stdout, os.Stderr), os.Stderr))
}

// commands is the command line.
type commands struct {
	Config kong.ConfigFlag `help:"JSON file with a key for each flag, named like it. Flags and the environment come first." placeholder:"FILE"`

	Serve   serveCommand   `cmd:"" default:"withargs" help:"Serve claude on a WebSocket: what spool does without a command. There are also: spool run PROMPT, spool version."`
	Run     runCommand     `cmd:"" help:"Send a prompt to a server and print the answer's lines; also follow a run, and end one."`
	Version versionCommand `cmd:"" help:"Print the version."`
}

// streams is what a command talks to.
type streams struct {
	signals     <-chan os.Signal
	out, errors io.Writer
}

// errHelp says that help was asked for and given.
var errHelp = errors.New("help was printed")

// start parses the arguments and does what they say. Signals end a server: the first one
// politely, the second at once.
func start(args []string, signals <-chan os.Signal, out, errs io.Writer) (err error) {
	var c commands
	options := []kong.Option{
		kong.Name("spool"),
		kong.Description("Run the claude command-line agent as a service: prompts in and lines out, on a WebSocket.\n\n" +
			"Every flag is also SPOOL_<NAME> in the environment: --run-timeout is SPOOL_RUN_TIMEOUT."),
		kong.DefaultEnvars("SPOOL"), kong.Configuration(loadConfig), kong.Writers(out, errs),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100, FlagsLast: true}),
		kong.Vars{"dataDir": defaultDataDir(), "maxRuns": fmt.Sprint(defaultMaxRuns())},
		kong.Exit(func(int) { panic(errHelp) }),
	}
	if path := os.Getenv("SPOOL_CONFIG"); path != "" {
		options = append(options, kong.Configuration(loadConfig, path))
	}
	defer recoverHelp(&err)
	parser, err := kong.New(&c, options...)
	if err != nil {
		return err
	}
	command, err := parser.Parse(withServe(args))
	if err != nil {
		return &usageError{err}
	}
	return command.Run(streams{signals, out, errs})
}

// withServe makes spool --help show the flags of the server, which is what spool is
// without a command.
func withServe(args []string) []string {
	if len(args) == 1 && (args[0] == "--help" || args[0] == "-h") {
		return []string{"serve", "--help"}
	}
	return args
}

// recoverHelp turns the parser's exit after printing help into a return.
func recoverHelp(err *error) {
	switch cause := recover(); cause {
	case nil:
	case errHelp:
		*err = nil
	default:
		panic(cause)
	}
}

// usageError is a command line that cannot be.
type usageError struct{ error }

// exitError is the end of a command with a status of its own; its text is printed unless
// it has none.
type exitError struct {
	code int
	text string
}

func (e *exitError) Error() string { return e.text }

// exitCode prints what went wrong and returns the exit status: 2 for a bad command line.
func exitCode(err error, errs io.Writer) int {
	if err == nil {
		return 0
	}
	if err.Error() != "" {
		fmt.Fprintln(errs, "spool:", err)
	}
	if exit, ok := errors.AsType[*exitError](err); ok {
		return exit.code
	}
	if _, ok := errors.AsType[*usageError](err); ok {
		fmt.Fprintln(errs, "spool: see spool --help and spool run --help")
		return 2
	}
	return 1
}

type versionCommand struct{}

// Run prints the version.
func (versionCommand) Run(s streams) error {
	_, err := fmt.Fprintln(s.out, "spool", version)
	return err
}
