package schema

import (
	"regexp"
	"time"
)

// State is where a run is in its life.
type State string

// The states. The last five are final.
const (
	Queued      State = "queued"
	Starting    State = "starting"
	Running     State = "running"
	Waiting     State = "waiting" // for somebody's approval
	Succeeded   State = "succeeded"
	Failed      State = "failed"
	Aborted     State = "aborted"
	TimedOut    State = "timed_out"
	Interrupted State = "interrupted"
)

// States are all states, in the order of a run's life.
var States = []State{Queued, Starting, Running, Waiting, Succeeded, Failed, Aborted, TimedOut, Interrupted}

// Final reports whether a run in this state has ended.
func (s State) Final() bool {
	return s == Succeeded || s == Failed || s == Aborted || s == TimedOut || s == Interrupted
}

// RunID is what a run's id looks like: "run_" and 26 letters and digits, which nobody can
// guess and every file system takes.
var RunID = regexp.MustCompile(`^run_[a-z2-7]{26}$`)

// Run is what is known of a run: the answer of /api/runs.
type Run struct {
	ID     string `json:"run"`
	Meta   string `json:"meta"`
	State  State  `json:"state"`
	Code   Code   `json:"code,omitempty"`  // of a run that has ended without success
	Error  string `json:"error,omitempty"` // likewise, for people
	Prompt string `json:"prompt"`

	Options
	// Position is the place in the queue, 1 being next; 0 outside of it.
	Position int `json:"position,omitzero"`

	// Result is the text of the agent's answer, nil if it gave none. One longer than
	// MaxResultBytes is cut, and ResultCut says so: the output has it whole.
	Result    *string `json:"result,omitempty"`
	ResultCut bool    `json:"resultCut,omitzero"`
	// Usage is what the answer took, as the agent counts it; nil without a result.
	Usage *Usage `json:"usage,omitempty"`
	// ModelUsage is that for each model.
	ModelUsage map[string]Usage `json:"modelUsage,omitempty"`

	// Conversation is the one whose turn this is, and Message the user's message that it answers.
	Conversation string `json:"conversation,omitempty"`
	Message      string `json:"message,omitempty"`

	// Exit is how the process ended, nil as long as it has not, or if there was none, or
	// if it ended while no server looked.
	Exit *Exit `json:"exit,omitempty"`
	// Stop is what it took to end the run with everything that it had started; nil as
	// long as it goes on, and if no process was started.
	Stop *Stop `json:"stop,omitempty"`

	// Lines and OutputBytes count the agent's stdout, StderrBytes its stderr, once the run
	// has ended.
	Lines       int64 `json:"lines,omitzero"`
	OutputBytes int64 `json:"outputBytes,omitzero"`
	StderrBytes int64 `json:"stderrBytes,omitzero"`
	// OutputGone says that the output is no longer kept.
	OutputGone bool `json:"outputGone,omitzero"`

	CreatedAt time.Time  `json:"createdAt"`
	StartedAt *time.Time `json:"startedAt,omitempty"` // when the process got its prompt
	EndedAt   *time.Time `json:"endedAt,omitempty"`
}

// MaxResultBytes bounds the text of an answer in a [Run].
const MaxResultBytes = 256 << 10

// Exit is how a process ended: with a status, or by a signal.
type Exit struct {
	Code   int    `json:"code"`             // exit status; -1 if a signal ended it
	Signal string `json:"signal,omitempty"` // such as SIGKILL
}

// Stop tells what it took to end a run.
type Stop struct {
	// Rung is the last step that was needed: exit (by itself), interrupt, SIGTERM or SIGKILL.
	Rung string `json:"rung"`
	// Survivors are the ids of processes that could not be ended. None is the proof that
	// everything is gone.
	Survivors []int `json:"survivors"`
}

// Usage is what an answer took.
type Usage struct {
	InputTokens         int64   `json:"inputTokens"`
	OutputTokens        int64   `json:"outputTokens"`
	CacheReadTokens     int64   `json:"cacheReadTokens"`
	CacheCreationTokens int64   `json:"cacheCreationTokens"`
	Turns               int64   `json:"turns"` // requests to the model
	CostUSD             float64 `json:"costUsd"`
}

// RunList is the answer of GET /api/runs, the newest first.
type RunList struct {
	Runs []Run `json:"runs"`
	// Next is the value of ?before= that gets the next page; empty on the last one.
	Next string `json:"next,omitempty"`
}
