package schema

import (
	"bytes"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// ChatUpdate is what is to be changed about a conversation; nil leaves as it is.
type ChatUpdate struct {
	Name, Icon         *string
	Head, ExpectedHead *string
}

var (
	newChatFields = []field[NewChat]{
		{"options", func(m *NewChat, v jsontext.Value) error { return readOptions(&m.Options, v, createOptions) }},
		{"name", func(m *NewChat, v jsontext.Value) error { return readLabel(&m.Title, v, "name", MaxTitleLength) }},
		{"icon", func(m *NewChat, v jsontext.Value) error { return readLabel(&m.Icon, v, "icon", MaxIconLength) }},
		{"system", func(m *NewChat, v jsontext.Value) error { return readSystem(&m.System, v, "system") }},
		{"starting_head", func(m *NewChat, v jsontext.Value) error { return readMessageID(&m.From, v, "starting_head") }},
	}
	chatUpdateFields = []field[ChatUpdate]{
		{"name", func(u *ChatUpdate, v jsontext.Value) error {
			u.Name = new(string)
			return readLabel(u.Name, v, "name", MaxTitleLength)
		}},
		{"icon", func(u *ChatUpdate, v jsontext.Value) error {
			u.Icon = new(string)
			return readLabel(u.Icon, v, "icon", MaxIconLength)
		}},
		{"head", func(u *ChatUpdate, v jsontext.Value) error { return readHead(&u.Head, v, "head") }},
		{"expectedHead", func(u *ChatUpdate, v jsontext.Value) error { return readHead(&u.ExpectedHead, v, "expectedHead") }},
	}
	tagsFields = []field[[]string]{{"tags", readTags}}
	starFields = []field[bool]{{"starred", func(to *bool, v jsontext.Value) error { return readBool(to, v, "starred") }}}
)

// decodeBody reads the body of a request. An empty one counts as {}.
func decodeBody[T any](body []byte, fields []field[T], must ...required) (T, error) {
	if len(bytes.TrimSpace(body)) == 0 {
		body = []byte(`{}`)
	}
	keys, err := decodeObject(body, `{"name":"…"}`)
	if err != nil {
		var none T
		return none, err
	}
	dropNulls(keys)
	return readRequired(keys, fields, must...)
}

// DecodeNewChat reads the body of POST /api/chats, DecodeNewSession that of
// POST /api/providers/sessions: a chat.create by other means.
func DecodeNewChat(body []byte) (NewChat, error) { return decodeBody(body, newChatFields) }

func DecodeNewSession(body []byte) (NewChat, error) {
	m, err := decodeBody(body, createFields)
	return m.NewChat, err
}

// DecodeChatUpdate reads the body of PUT /api/chats/{id}, DecodeTags and DecodeStar those of
// its tags and its star.
func DecodeChatUpdate(body []byte) (ChatUpdate, error) { return decodeBody(body, chatUpdateFields) }

func DecodeTags(body []byte) ([]string, error) {
	return decodeBody(body, tagsFields, required{"tags", InvalidOption})
}

func DecodeStar(body []byte) (bool, error) {
	return decodeBody(body, starFields, required{"starred", InvalidOption})
}

// DecodeDecision reads an answer to a request for an approval.
func DecodeDecision(body []byte) (Decision, error) {
	return decodeBody(body, decisionFields, required{"allow", InvalidOption})
}

// readTags reads labels. One that comes twice counts once.
func readTags(to *[]string, v jsontext.Value) error {
	var entries []jsontext.Value
	if v.Kind() != '[' || json.Unmarshal(v, &entries) != nil || len(entries) > MaxTags {
		return NewError(InvalidOption, "tags must be a list of at most 32 texts")
	}
	*to = []string{}
	for _, entry := range entries {
		tag := ""
		if err := readLabel(&tag, entry, "a tag", MaxTagLength); err != nil {
			return err
		}
		if tag == "" {
			return NewError(InvalidOption, "a tag must not be empty")
		}
		if !slices.Contains(*to, tag) {
			*to = append(*to, tag)
		}
	}
	return nil
}
