// Package agent is the stand-in for the claude CLI behind `spool --demo`: the
// same binary, started again with [Name] as its first argument, speaks the
// CLI's stream-json on stdin and stdout, so that the whole product can be seen
// without a login and without a network.
//
//	stdin   {"type":"user",…}             a turn: its first text block is the prompt
//	        {"type":"control_request",…}  initialize, interrupt, set_model, set_permission_mode
//	        {"type":"control_response",…} the answer to a can_use_tool request
//	stdout  system/init, [stream_event…], assistant, [control_request, user, assistant…], result: once per turn
//
// There is no model behind it and it executes nothing: the first word of a
// prompt picks a script ([Words]), any other prompt is quoted back. Every
// answer, the model's name and the version say that this is a stand-in.
//
// # Sessions
//
// A session is kept where the CLI keeps its own, in the same form, from its first
// prompt on: $HOME/.claude/projects/<working directory>/<session id>.jsonl. So it can
// be continued (--resume, --fork-session, --resume-session-at), and whoever looks for
// a session's file finds one. What a client has allowed for good is known to this
// process alone.
//
// # Concurrency
//
// One goroutine reads stdin; the caller's goroutine does everything else and
// is the only writer of stdout, so a line is never torn. A script waits only
// in [session.pause] and [session.receive], which also take what arrives on stdin:
// an interrupt ends any script at once. No signal is handled: SIGTERM has its default
// action.
//
// # Exit status
//
// 0 when stdin ended and the last turn went well, 1 when the last turn's
// result was an error, there is no such session, stdin held a line that is not
// JSON or ended during the `silent` script, 3 from the `crash` script. No script
// outlives a server that was killed by more than the ten minutes of `hang`.
package agent

import (
	"errors"
	"fmt"
	"io"
)

const (
	// Name is the first argument that makes the spool binary act as the agent.
	Name = "stand-in-agent"
	// Version is the answer to --version and the claude_code_version of every
	// system/init line.
	Version = "0.1.0 (Spool stand-in agent, no model)"

	model = "spool-stand-in (no model)"
)

// Exit statuses.
const (
	exitOK      = 0
	exitError   = 1
	exitCrashed = 3
)

// Main runs the agent until its stdin ends and returns the exit status. args
// are the arguments after [Name], in the claude CLI's own syntax. What they
// change is in options.go; whatever else the CLI knows is accepted and ignored.
func Main(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	opts := parse(args)
	if opts.version {
		_, _ = fmt.Fprintln(stdout, Version)
		return exitOK
	}
	done := make(chan struct{})
	defer close(done)
	s := newSession(opts, readInputs(stdin, done), stdout, stderr)
	return exitStatus(s.serve(), s, stderr)
}

// exitStatus turns the end of a session into the process's exit status.
func exitStatus(err error, s *session, stderr io.Writer) int {
	var refused refusal
	switch {
	case errors.Is(err, errCrash):
		return exitCrashed
	case errors.As(err, &refused):
		_, _ = fmt.Fprintln(stderr, refused)
		return exitError
	case err != nil:
		_, _ = fmt.Fprintf(stderr, "Error: %v\n", err)
		return exitError
	case s.lastFailed:
		return exitError
	}
	return exitOK
}
