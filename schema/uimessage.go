package schema

import (
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// MaxUIMessagesBytes bounds a request that brings all messages of a chat, as the AI SDK does
// unless it is told otherwise.
const MaxUIMessagesBytes = 1 << 20

// UISend is the body of POST /api/chats/{id}/stream: what the AI SDK sends.
type UISend struct {
	Text      string // of the last message of the user
	MessageID string // what the SDK has named that message
	// Users counts the user's messages, 0 if only one message was sent.
	Users int
	// Replaces says that the last of them takes the place of an earlier one, Again that it is to
	// be answered once more.
	Replaces, Again bool
	Options         CreateOptions

	said bool // there was a message
}

var uiSendFields = []field[UISend]{
	{"options", func(m *UISend, v jsontext.Value) error { return readOptions(&m.Options, v, createOptions) }},
	{"trigger", func(m *UISend, v jsontext.Value) error { return readTrigger(&m.Again, v) }},
	{"messageId", func(m *UISend, v jsontext.Value) error { m.Replaces = textOf(v) != ""; return nil }},
	{"message", readUIMessage},
	{"messages", readUIMessages},
}

// DecodeUISend reads the body of POST /api/chats/{id}/stream.
func DecodeUISend(body []byte) (UISend, error) {
	m, err := decodeBody(body, uiSendFields)
	if err == nil && !m.said && !m.Again {
		err = NewError(InvalidContent, "there is no message of the user: send message or messages")
	}
	return m, err
}

func readTrigger(again *bool, v jsontext.Value) error {
	word := textOf(v)
	if word != "submit-message" && word != "regenerate-message" {
		return NewError(InvalidOption, "trigger must be submit-message or regenerate-message")
	}
	*again = word == "regenerate-message"
	return nil
}

// readUIMessages reads the last message of the user, and counts them.
func readUIMessages(m *UISend, v jsontext.Value) error {
	var all []members
	if json.Unmarshal(v, &all) != nil {
		return NewError(InvalidContent, "messages must be a list of messages")
	}
	var last members
	for _, message := range all {
		if textOf(message["role"]) == RoleUser {
			m.Users++
			last = message
		}
	}
	if last == nil {
		return nil
	}
	return m.read(last)
}

func readUIMessage(m *UISend, v jsontext.Value) error {
	var message members
	if json.Unmarshal(v, &message) != nil || message == nil || textOf(message["role"]) != RoleUser {
		return NewError(InvalidContent, "message must be a message of the user")
	}
	return m.read(message)
}

// read reads a message, which is text in one or more parts.
func (m *UISend) read(message members) error {
	m.said = true
	var parts []members
	if json.Unmarshal(message["parts"], &parts) != nil || len(parts) == 0 {
		return NewError(InvalidContent, `parts must be a list: [{"type":"text","text":"…"}]`)
	}
	text := ""
	for _, part := range parts {
		if textOf(part["type"]) != "text" {
			return NewError(InvalidContent, "only parts of the type text can be sent")
		}
		more := ""
		if err := readString(&more, part["text"], "text", InvalidContent); err != nil {
			return err
		}
		text += more
	}
	if id, given := message["id"]; given && id.Kind() != 'n' && textOf(id) != "" {
		if err := readClientID(&m.MessageID, id, "id"); err != nil {
			return err
		}
	}
	quoted, err := jsontext.AppendQuote(nil, text)
	if err != nil {
		return NewError(InvalidContent, "text must be UTF-8")
	}
	return readContent(&m.Text, quoted, "text")
}
