package api

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
)

// Request is one call of POST /v1/messages.
type Request struct {
	Body     []byte // the bytes that arrived
	Model    string
	Stream   bool
	Messages []Message
}

// Message is one entry of the conversation, as the API sees it.
type Message struct {
	Role   string
	Blocks []Block
}

// Block is one part of a message. Text is empty for types other than `text`.
type Block struct {
	Type string `json:"type"`
	Text string `json:"text"`
}

// User is the last message of role user: the prompt, together with the reminder
// blocks that the CLI adds to it.
func (r Request) User() Message {
	for i := len(r.Messages) - 1; i >= 0; i-- {
		if r.Messages[i].Role == "user" {
			return r.Messages[i]
		}
	}
	return Message{}
}

// String is short, for the messages of failed tests: a body has a hundred kilobytes.
func (r Request) String() string { return fmt.Sprintf("%.200q", r.User().Blocks) }

// Text is every text block of the message, one after the other.
func (m Message) Text() string {
	var all strings.Builder
	for _, b := range m.Blocks {
		all.WriteString(b.Text)
	}
	return all.String()
}

// interrupted is how the CLI tells the model that a turn was broken off: before the next prompt, in
// the same text.
var interrupted = regexp.MustCompile(`(?s)^.*\[Request interrupted by user[^\]]*\]`)

// latest is the text behind the last result of a tool, and behind the last interruption: what came
// before them in the same message has had its answer. answered says that there was such a result.
func (m Message) latest() (answered bool, text string) {
	rest := m.Blocks
	for i, b := range m.Blocks {
		if b.Type == "tool_result" {
			answered, rest = true, m.Blocks[i+1:]
		}
	}
	return answered, interrupted.ReplaceAllString(Message{Blocks: rest}.Text(), "")
}

// reminder is how the blocks begin that the CLI adds to what a user has written.
const reminder = "<system-reminder>"

// History is what was said so far, as `role: text`, oldest first: the texts of all messages of user
// and assistant, without the CLI's reminders, and without messages that have no text.
func (r Request) History() []string {
	var said []string
	for _, m := range r.Messages {
		if text := m.said(); text != "" && (m.Role == "user" || m.Role == "assistant") {
			said = append(said, m.Role+": "+text)
		}
	}
	return said
}

// said is the text of a message without reminders; several blocks are a line each.
func (m Message) said() string {
	var texts []string
	for _, b := range m.Blocks {
		if b.Text != "" && !strings.HasPrefix(b.Text, reminder) {
			texts = append(texts, b.Text)
		}
	}
	return strings.Join(texts, "\n")
}

// UnmarshalJSON accepts both shapes of content: a string and a list of blocks.
func (m *Message) UnmarshalJSON(data []byte) error {
	var raw struct {
		Role    string          `json:"role"`
		Content json.RawMessage `json:"content"`
	}
	if err := json.Unmarshal(data, &raw); err != nil {
		return fmt.Errorf("decode message: %w", err)
	}
	m.Role = raw.Role
	var text string
	if json.Unmarshal(raw.Content, &text) == nil {
		m.Blocks = []Block{{Type: "text", Text: text}}
		return nil
	}
	if err := json.Unmarshal(raw.Content, &m.Blocks); err != nil {
		return fmt.Errorf("decode message content: %w", err)
	}
	return nil
}

func parse(body []byte) (Request, error) {
	var wire struct {
		Model    string    `json:"model"`
		Stream   bool      `json:"stream"`
		Messages []Message `json:"messages"`
	}
	if err := json.Unmarshal(body, &wire); err != nil {
		return Request{}, fmt.Errorf("decode request: %w", err)
	}
	return Request{Body: body, Model: wire.Model, Stream: wire.Stream, Messages: wire.Messages}, nil
}
