package schema

// Subprotocol is the WebSocket subprotocol in which every frame of the server is an
// envelope with a "t", so that no line of the agent can be taken for one of them. The
// same envelopes are the lines of NDJSON and the data of server-sent events.
const Subprotocol = "spool.v1"

// What an info frame tells.
const (
	InfoSend     = "send {prompt,meta}" // the server waits for a payload
	InfoRun      = "run"                // the run's id
	InfoQueued   = "queued"             // the place in the queue
	InfoDeadline = "deadline"           // the run will soon be ended
)

// NewInfo returns the envelope for one of these.
func NewInfo(info string) InfoEnvelope { return InfoEnvelope{T: "info", Info: info} }

// InfoEnvelope is a frame about the run: {"t":"info","info":"run","run":"run_…"}, and so
// on for each info frame.
type InfoEnvelope struct {
	T         string `json:"t"`
	Info      string `json:"info"`
	Run       string `json:"run,omitempty"`
	Position  int    `json:"position,omitzero"`
	InSeconds int    `json:"inSeconds,omitzero"`
}

// LineEnvelope is a line of the agent's stdout: {"t":"line","n":17,"line":"…"}. N is its
// number, from 1, and the cursor to go on from.
type LineEnvelope struct {
	T    string `json:"t"`
	N    int64  `json:"n"`
	Line string `json:"line"`
}

// StderrEnvelope is a line of the agent's stderr: {"t":"stderr","text":"…"}.
type StderrEnvelope struct {
	T    string `json:"t"`
	Text string `json:"text"`
}

// EndEnvelope is the last one of a run: {"t":"end","state":"failed","code":"…","error":"…"}.
// Code and Error are missing on success.
type EndEnvelope struct {
	T     string `json:"t"`
	State State  `json:"state"`
	Code  Code   `json:"code,omitempty"`
	Error string `json:"error,omitempty"`
}

// ErrorEnvelope is a failure that is not the run's end: a payload that was refused, a
// second one, output that cannot be served: {"t":"error","error":"…","code":"…"}.
type ErrorEnvelope struct {
	T     string `json:"t"`
	Error string `json:"error"`
	Code  Code   `json:"code"`
}
