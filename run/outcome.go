package run

import (
	"fmt"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"spool/claude"
	"spool/procman"
	"spool/schema"
	"spool/store"
)

// Outcome is how a run ended. There is exactly one for every run.
type Outcome struct {
	State schema.State
	// Error is what a client is told; nil for a success.
	Error *schema.Error
	// Exit and Proof are how the process ended, and what was found of it afterwards.
	Exit  procman.Exit
	Proof procman.Proof
}

// describe writes the outcome into what is told of the run.
func (o Outcome) describe(info *schema.Run) {
	info.State, info.Code, info.Error = o.State, o.Code(), ""
	if o.Error != nil {
		info.Error = o.Error.Text
	}
	if info.Code == schema.Draining { // true while it happens; who asks later finds a server that is not being stopped
		info.Code, info.Error = schema.RunInterrupted, "the server was stopped while the run went on"
	}
	if o.Proof.Rung == "" {
		return // no process was started
	}
	info.Stop = &schema.Stop{Rung: string(o.Proof.Rung), Survivors: append([]int{}, o.Proof.Survivors...)}
	if o.Exit != unknownExit {
		info.Exit = &schema.Exit{Code: o.Exit.Code, Signal: signalName(o.Exit.Signal)}
	}
}

// unknownExit is how a process ended that was not this server's child.
var unknownExit = procman.Exit{Code: -1}

// rungInterrupt is the step before the ladder of package procman: the turn was broken off,
// and then the CLI ended by itself.
const rungInterrupt procman.Rung = "interrupt"

// Code is the error's code, empty for a success.
func (o Outcome) Code() schema.Code {
	if o.Error == nil {
		return ""
	}
	return o.Error.Code
}

// Reason is why somebody ends a run.
type Reason store.Reason

// Error makes a Reason the cause of a cancelled context.
func (r *Reason) Error() string { return string(r.Code) + ": " + r.Text }

// The reasons that need no figures.
var (
	// Abort is for who wants the run to end and keeps what there is of an answer.
	Abort        = &Reason{State: schema.Aborted, Code: schema.RunAborted, Text: "the run was aborted"}
	ClientGone   = &Reason{State: schema.Aborted, Code: schema.RunAborted, Text: "the client has left"}
	TooManyCalls = &Reason{State: schema.Aborted, Code: schema.Busy, Text: "too many messages while the run went on: send one prompt, then only read"}
	SlowViewer   = &Reason{State: schema.Failed, Code: schema.SlowClient, Text: "the client took nothing for too long"}
	ServerStops  = &Reason{State: schema.Interrupted, Code: schema.Draining, Text: "the server is being stopped: try again later"}
	// leftBehind is for what an earlier server has started and this one does not go on with.
	leftBehind = &Reason{State: schema.Interrupted, Code: schema.RunInterrupted, Text: "the server was killed, and the run was not to go on without it"}
	diskFull   = &Reason{State: schema.Failed, Code: schema.StorageFull, Text: "the server's disk is nearly full: the run was stopped", Limit: true}
)

// failed returns the outcome of a run that could not do its work.
func failed(code schema.Code, text string) Outcome {
	return Outcome{State: schema.Failed, Error: schema.NewError(code, text)}
}

// judge decides how a run went: by the limit that it broke; by its result, over everything
// that came after that; by the reason why it was ended, if it was; by its exit status.
func judge(turn claude.Turn, reason *Reason, exit procman.Exit, stderr string) Outcome {
	switch {
	case reason != nil && (reason.Limit || turn.Result == nil):
		return Outcome{State: reason.State, Error: schema.NewError(reason.Code, reason.Text)}
	case turn.Result != nil && !turn.Result.IsError:
		return Outcome{State: schema.Succeeded}
	case turn.Result != nil:
		return failed(schema.APIError, resultText(*turn.Result))
	case exit == unknownExit:
		return Outcome{State: schema.Interrupted, Error: schema.NewError(schema.RunInterrupted, "the server was killed, and the run ended without a result")}
	case exit.Signal != 0:
		return failed(schema.KilledBySignal, withTail("claude was ended by "+signalName(exit.Signal), stderr))
	case exit.Code != 0:
		return failed(schema.ExitNonzero, withTail(fmt.Sprintf("claude ended with status %d", exit.Code), stderr))
	case turn.Began:
		return failed(schema.Incomplete, withTail("claude ended without a result", stderr))
	default:
		return Outcome{State: schema.Succeeded}
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
	if result.Text != "" {
		return result.Text
	}
	return strings.Join(append([]string{"the result is an error: " + result.Subtype}, result.Errors...), ": ")
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
