package schema

import (
	"regexp"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/invopop/validation"
)

// MainSession is the session of a web chat whose client names none.
const MainSession = "main"

// SessionKey is what a web chat's client may call a session; WebhookName is what the operator
// may call a webhook.
var (
	SessionKey  = regexp.MustCompile(`^[A-Za-z0-9._:-]{1,64}$`)
	WebhookName = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)
)

// WebChatInfo is the answer of GET /webchat/info.
type WebChatInfo struct {
	BaseURL         string           `json:"baseUrl"` // of the page, under the name that was asked for
	Token           string           `json:"token"`
	ExpiresAt       time.Time        `json:"expiresAt"` // of the token
	InitialMessages []WebChatMessage `json:"initialMessages"`
}

// WebChatMessage is one message of a session.
type WebChatMessage struct {
	Role    string    `json:"role"` // user or assistant
	Content string    `json:"content"`
	At      time.Time `json:"at"`
	ID      string    `json:"id"`
}

// NewWebChatMessages returns messages as a web chat has them.
func NewWebChatMessages(messages []Message) []WebChatMessage {
	list := make([]WebChatMessage, len(messages))
	for i, m := range messages {
		list[i] = WebChatMessage{Role: m.Role, Content: m.Content, At: m.CreatedAt, ID: m.ID}
	}
	return list
}

// WebChatHistory is the answer of GET /webchat/history.
type WebChatHistory struct {
	Messages []WebChatMessage `json:"messages"`
}

// WebChatCall is the body of POST /webchat/rpc.
type WebChatCall struct {
	Text, Session string
	Effort        string // of the model, "" for its own
	Deliver       bool
	To            string // a webhook
}

// WebChatReply is the answer of POST /webchat/rpc.
type WebChatReply struct {
	OK       bool             `json:"ok"`
	Payloads []WebChatPayload `json:"payloads,omitempty"`
	Error    string           `json:"error,omitempty"`
	Code     Code             `json:"code,omitempty"`
}

// WebChatPayload is an answer of the agent.
type WebChatPayload struct {
	Text string `json:"text"`
	// To is the webhook that it was to be delivered to, Delivered whether it took it, Attempts how
	// often it was tried.
	To        string `json:"to,omitempty"`
	Delivered bool   `json:"delivered,omitzero"`
	Attempts  int    `json:"attempts,omitzero"`
}

var webChatFields = []field[WebChatCall]{
	{"text", func(m *WebChatCall, v jsontext.Value) error { return readContent(&m.Text, v, "text") }},
	{"session", func(m *WebChatCall, v jsontext.Value) error {
		return readText(&m.Session, v, "session", InvalidOption, validation.Required.Error(sessionRule), validation.Match(SessionKey).Error(sessionRule))
	}},
	{"thinking", func(m *WebChatCall, v jsontext.Value) error { return readThinking(&m.Effort, v) }},
	{"deliver", func(m *WebChatCall, v jsontext.Value) error { return readBool(&m.Deliver, v, "deliver") }},
	{"to", func(m *WebChatCall, v jsontext.Value) error { return readString(&m.To, v, "to", InvalidOption) }},
}

const sessionRule = "session must be 1 to 64 of the characters A-Z, a-z, 0-9, . _ : and -"

// DecodeWebChat reads the body of POST /webchat/rpc.
func DecodeWebChat(body []byte) (WebChatCall, error) {
	m, err := decodeBody(body, webChatFields, required{"text", InvalidContent})
	if m.Session == "" {
		m.Session = MainSession
	}
	return m, err
}

// CheckSession refuses what is no key of a session.
func CheckSession(key string) error {
	if !SessionKey.MatchString(key) {
		return NewError(InvalidOption, sessionRule)
	}
	return nil
}

// efforts are the words for how much a model may think. The agent has none for not at all.
var efforts = map[string]string{
	"off": "low", "minimal": "low", "low": "low", "medium": "medium", "high": "high", "xhigh": "xhigh", "max": "max",
}

func readThinking(to *string, v jsontext.Value) error {
	word := textOf(v)
	effort, known := efforts[word]
	if v.Kind() != '"' || !known {
		return NewError(InvalidOption, "thinking must be off, minimal, low, medium, high, xhigh or max")
	}
	*to = effort
	return nil
}
