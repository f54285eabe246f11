package schema

import "github.com/go-json-experiment/json"

// InfoFrame is the first frame on every /ws/claude socket, byte for byte.
const InfoFrame = `{"info":"send {prompt,meta}"}`

// RunFrame tells the id of the accepted run: {"info":"run","run":"run_…"}.
type RunFrame struct {
	Info string `json:"info"`
	Run  string `json:"run"`
}

// NewRunFrame returns the frame that announces run.
func NewRunFrame(run string) RunFrame { return RunFrame{Info: "run", Run: run} }

// QueuedFrame tells a waiting client its place, 1 being next:
// {"info":"queued","position":2}.
type QueuedFrame struct {
	Info     string `json:"info"`
	Position int    `json:"position"`
}

// NewQueuedFrame returns the frame for a place in the queue.
func NewQueuedFrame(position int) QueuedFrame {
	return QueuedFrame{Info: "queued", Position: position}
}

// DeadlineFrame warns of the end of a run that goes on for too long:
// {"info":"deadline","inSeconds":30}.
type DeadlineFrame struct {
	Info      string `json:"info"`
	InSeconds int    `json:"inSeconds"`
}

// NewDeadlineFrame returns the frame for an end in so many seconds.
func NewDeadlineFrame(seconds int) DeadlineFrame {
	return DeadlineFrame{Info: "deadline", InSeconds: seconds}
}

// StderrFrame carries one line of the CLI's stderr: {"stderr":"…"}.
type StderrFrame struct {
	Stderr string `json:"stderr"`
}

// Encode returns the JSON text of a frame of this package. Invalid UTF-8 becomes U+FFFD.
// It panics on a value that has no JSON form, which no frame here is.
func Encode(frame any) []byte {
	text, err := json.Marshal(frame, encodeOptions)
	if err != nil {
		panic("schema: encode frame: " + err.Error())
	}
	return text
}
