package run

import (
	"fmt"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"spool/claude"
	"spool/procman"
	"spool/schema"
)

// State is where a run is in its life.
type State string

// The states. The last five are final.
const (
	Queued      State = "queued"
	Starting    State = "starting"
	Running     State = "running"
	Succeeded   State = "succeeded"
	Failed      State = "failed"
	Aborted     State = "aborted"
	TimedOut    State = "timed_out"
	Interrupted State = "interrupted"
)

// Outcome is how a run ended. There is exactly one for every run.
type Outcome struct {
	State State
	// Error is what a client is told; nil for a success.
	Error *schema.Error
	// Exit and Proof are how the process ended, and what was found of it afterwards.
	Exit  procman.Exit
	Proof procman.Proof
}

// Code is the error's code, empty for a success.
func (o Outcome) Code() schema.Code {
	if o.Error == nil {
		return ""
	}
	return o.Error.Code
}

// Reason is why somebody ends a run.
type Reason struct {
	State State
	Code  schema.Code
	Text  string
	// Limit says that the run went beyond one: no result makes up for that, and the
	// process is ended without being asked first, because it would go further.
	Limit bool
}

// Error makes a Reason the cause of a cancelled context.
func (r *Reason) Error() string { return string(r.Code) + ": " + r.Text }

// The reasons that need no figures. A client that has left is told nothing: no code.
var (
	ClientGone   = &Reason{State: Aborted, Text: "the client has left"}
	TooManyCalls = &Reason{State: Aborted, Code: schema.Busy, Text: "too many messages while the run went on: send one prompt, then only read"}
	SlowViewer   = &Reason{State: Failed, Code: schema.SlowClient, Text: "the client took nothing for too long"}
	ServerStops  = &Reason{State: Interrupted, Code: schema.Draining, Text: "the server is being stopped: try again later"}
)

// failed returns the outcome of a run that could not do its work.
func failed(code schema.Code, text string) Outcome {
	return Outcome{State: Failed, Error: schema.NewError(code, text)}
}

// judge decides how a run went: by the limit that it broke; by its result, over everything
// that came after that; by the reason why it was ended, if it was; by its exit status.
func judge(turn claude.Turn, reason *Reason, exit procman.Exit, stderr string) Outcome {
	switch {
	case reason != nil && (reason.Limit || turn.Result == nil):
		return Outcome{State: reason.State, Error: schema.NewError(reason.Code, reason.Text)}
	case turn.Result != nil && !turn.Result.IsError:
		return Outcome{State: Succeeded}
	case turn.Result != nil:
		return failed(schema.APIError, resultText(*turn.Result))
	case exit.Signal != 0:
		return failed(schema.KilledBySignal, withTail("claude was ended by "+signalName(exit.Signal), stderr))
	case exit.Code != 0:
		return failed(schema.ExitNonzero, withTail(fmt.Sprintf("claude ended with status %d", exit.Code), stderr))
	case turn.Began:
		return failed(schema.Incomplete, withTail("claude ended without a result", stderr))
	default:
		return Outcome{State: Succeeded}
	}
}

// maxErrorText bounds an error's text. A failed result's may be longer, and the line itself
// has it whole; everything else, the end of stderr with it, is shorter.
const maxErrorText = 4<<10 + 256

// signalName returns a name such as SIGTERM, "signal 34" if there is none, "" for 0.
func signalName(signal syscall.Signal) string {
	if name := unix.SignalName(signal); name != "" || signal == 0 {
		return name
	}
	return signal.String()
}

// resultText returns what a failed result says of its failure.
func resultText(result claude.Result) string {
	if result.Text == "" {
		return "the result is an error: " + result.Subtype
	}
	return result.Text
}

// withTail adds the end of stderr to a text, if there is any.
func withTail(text, stderr string) string {
	if stderr = strings.TrimSpace(stderr); stderr == "" {
		return text
	}
	return text + ": " + stderr
}

// cutText returns at most n bytes of text, and a sign if that is not all.
func cutText(text string, n int) string {
	if cut := schema.Truncate(text, n); cut != text {
		return cut + "…"
	}
	return text
}
