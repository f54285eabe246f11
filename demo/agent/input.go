package agent

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// maxInputLine bounds one stdin line, in bytes. Spool's own prompts are at
// most 8 KiB; the room above that is for other programs' use of the stand-in.
const maxInputLine = 16 << 20

var errNotJSON = errors.New("stdin line is not JSON")

// input is one line of stdin, decoded as far as the stand-in acts on it. err
// is set for a line that cannot be taken: it ends the process, as in the CLI.
type input struct {
	Type      string         `json:"type"`
	Message   userMessage    `json:"message"`
	RequestID string         `json:"request_id"`
	Request   controlRequest `json:"request"`
	Response  inputResponse  `json:"response"`

	err error
}

type userMessage struct {
	Content json.RawMessage `json:"content"` // a string or a list of blocks
}

// inputResponse is a client's answer to a request of the stand-in's.
type inputResponse struct {
	RequestID string          `json:"request_id"`
	Response  json.RawMessage `json:"response"`
}

type controlRequest struct {
	Subtype string `json:"subtype"`
	Mode    string `json:"mode"`
	Model   string `json:"model"`
}

// readInputs decodes stdin line by line into the returned channel, which is
// closed at the end of stdin. The goroutine behind it ends with stdin, or
// with the first line it reads after done was closed.
func readInputs(stdin io.Reader, done <-chan struct{}) <-chan input {
	inputs := make(chan input)
	go func() {
		defer close(inputs)
		lines := bufio.NewScanner(stdin)
		lines.Buffer(nil, maxInputLine)
		for lines.Scan() {
			if !offer(inputs, decode(lines.Bytes()), done) {
				return
			}
		}
		if err := lines.Err(); err != nil {
			offer(inputs, input{err: fmt.Errorf("read stdin: %w", err)}, done)
		}
	}()
	return inputs
}

// offer sends in unless done is closed first, and says whether it was sent.
func offer(inputs chan<- input, in input, done <-chan struct{}) bool {
	select {
	case inputs <- in:
		return true
	case <-done:
		return false
	}
}

// decode returns an empty input, which nobody acts on, for a blank line.
func decode(line []byte) input {
	var in input
	if len(bytes.TrimSpace(line)) == 0 {
		return in
	}
	if err := json.Unmarshal(line, &in); err != nil {
		return input{err: fmt.Errorf("%w: %w", errNotJSON, err)}
	}
	return in
}

// prompt returns the user's text: the whole content, or the first text block
// of a list. Later blocks are notes for the model, not part of the prompt.
func (m userMessage) prompt() string {
	var text string
	if json.Unmarshal(m.Content, &text) == nil {
		return text
	}
	var blocks []struct{ Type, Text string }
	_ = json.Unmarshal(m.Content, &blocks) // anything else is an empty prompt
	for _, block := range blocks {
		if block.Type == "text" {
			return block.Text
		}
	}
	return ""
}
