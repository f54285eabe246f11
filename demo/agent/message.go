package agent

import (
	"errors"
	"strings"
	"time"
	"unicode"

	"github.com/google/uuid"
)

// answering is one assistant message while it is being said: its blocks come
// one after the other, and each finished block is an assistant line.
type answering struct {
	*turn
	id    string
	index int // of the current block
}

// say prints one assistant message with a text block for each text.
func (t *turn) say(perWord time.Duration, texts ...string) error {
	a, err := t.begin()
	if err != nil {
		return err
	}
	for _, text := range texts {
		if err := a.text(perWord, text); err != nil {
			return err
		}
	}
	return a.stop("end_turn")
}

// use prints one assistant message that calls tools, and asks for each call
// that needs an approval as soon as it is said.
func (t *turn) use(calls ...*call) error {
	a, err := t.begin()
	if err != nil {
		return err
	}
	for _, c := range calls {
		if err := a.tool(c); err != nil {
			return err
		}
	}
	return a.stop("tool_use")
}

func (t *turn) begin() (*answering, error) {
	if t.opts.partial {
		status := statusLine{Type: "system", Subtype: "status", Status: text("requesting"), UUID: uuid.NewString(), SessionID: t.transcript.id}
		if err := t.print(status); err != nil {
			return nil, err
		}
	}
	a := &answering{turn: t, id: newID("msg_")}
	t.messages++
	if err := t.pause(thinking); err != nil {
		return nil, err
	}
	return a, a.event("message_start", "message", a.message())
}

// text says one text block word by word. When it is interrupted, what was
// said so far is still printed as an assistant line, as the CLI does.
func (a *answering) text(perWord time.Duration, text string) error {
	if err := a.event("content_block_start", "index", a.index, "content_block", textBlock{Type: "text"}); err != nil {
		return err
	}
	said, err := a.tokens(perWord, text)
	if err != nil && !errors.Is(err, errInterrupted) {
		return err
	}
	if said != "" {
		if err := a.line(textBlock{Text: said, Type: "text"}); err != nil {
			return err
		}
	}
	if err != nil {
		return err
	}
	return a.endBlock()
}

// tokens streams text and returns as much of it as was said.
func (a *answering) tokens(perWord time.Duration, text string) (string, error) {
	var said strings.Builder
	for _, word := range words(text) {
		if err := a.pause(perWord); err != nil {
			return said.String(), err
		}
		said.WriteString(word)
		a.said.WriteString(word)
		a.written++
		delta := map[string]string{"text": word, "type": "text_delta"}
		if err := a.event("content_block_delta", "index", a.index, "delta", delta); err != nil {
			return said.String(), err
		}
	}
	return said.String(), nil
}

func (a *answering) tool(c *call) error {
	empty := toolUse{ID: c.ID, Input: map[string]string{}, Name: c.Name, Type: c.Type}
	if err := a.event("content_block_start", "index", a.index, "content_block", empty); err != nil {
		return err
	}
	delta := map[string]string{"partial_json": string(c.input()), "type": "input_json_delta"}
	if err := a.event("content_block_delta", "index", a.index, "delta", delta); err != nil {
		return err
	}
	if err := a.line(c.toolUse); err != nil {
		return err
	}
	if err := a.judge(c); err != nil {
		return err
	}
	return a.endBlock()
}

func (a *answering) endBlock() error {
	index := a.index
	a.index++
	return a.event("content_block_stop", "index", index)
}

func (a *answering) stop(reason string) error {
	delta := map[string]any{"stop_reason": reason, "stop_sequence": nil}
	if err := a.event("message_delta", "delta", delta, "usage", map[string]int{"output_tokens": a.written}); err != nil {
		return err
	}
	return a.event("message_stop")
}

// line prints one finished block as an assistant line.
func (a *answering) line(block any) error {
	return a.printMessage(messageLine{Type: "assistant", Message: a.message(block)})
}

func (a *answering) message(content ...any) message {
	return message{
		Content: append([]any{}, content...), ID: a.id, Model: a.model, Role: "assistant", Type: "message",
		Usage: map[string]int{
			"cache_creation_input_tokens": 0, "cache_read_input_tokens": 0,
			"input_tokens": a.read, "output_tokens": a.written,
		},
	}
}

// event prints a stream_event line when the client asked for them. fields are
// key, value, key, value…
func (a *answering) event(kind string, fields ...any) error {
	if !a.opts.partial {
		return nil
	}
	event := map[string]any{"type": kind}
	for i := 0; i+1 < len(fields); i += 2 {
		event[fields[i].(string)] = fields[i+1]
	}
	return a.print(streamLine{Type: "stream_event", Event: event, SessionID: a.transcript.id, UUID: uuid.NewString()})
}

// words splits text into tokens that joined give the text again: each is a
// word with the white space before it, as models stream it.
func words(text string) []string {
	var tokens []string
	start, inWord := 0, false
	for i, r := range text {
		space := unicode.IsSpace(r)
		if space && inWord {
			tokens = append(tokens, text[start:i])
			start = i
		}
		inWord = !space
	}
	if start < len(text) {
		tokens = append(tokens, text[start:])
	}
	return tokens
}
