package schema

import (
	"github.com/go-json-experiment/json/jsontext"
	"github.com/invopop/validation"
)

// The members of each kind of frame, in the order in which faults are told.
var (
	sendFields = []field[ChatSend]{
		{"sessionId", func(m *ChatSend, v jsontext.Value) error { return readSession(&m.SessionID, v, "sessionId") }},
		{"provider", func(m *ChatSend, v jsontext.Value) error { return readProvider(&m.Provider, v) }},
		{"options", func(m *ChatSend, v jsontext.Value) error { return readOptions(&m.Options, v, sendOptions) }},
		{"content", func(m *ChatSend, v jsontext.Value) error { return readContent(&m.Content, v, "content") }},
		{"clientMessageId", func(m *ChatSend, v jsontext.Value) error {
			return readClientID(&m.ClientMessageID, v, "clientMessageId")
		}},
		{"expectedHead", func(m *ChatSend, v jsontext.Value) error { return readHead(&m.ExpectedHead, v, "expectedHead") }},
		{"parent", func(m *ChatSend, v jsontext.Value) error { return readHead(&m.Parent, v, "parent") }},
	}
	abortFields = []field[ChatAbort]{
		{"sessionId", func(m *ChatAbort, v jsontext.Value) error { return readSession(&m.SessionID, v, "sessionId") }},
	}
	subscribeFields = []field[ChatSubscribe]{
		{"sessions", func(m *ChatSubscribe, v jsontext.Value) error { return readSessions(&m.Sessions, v) }},
	}
	unsubscribeFields = []field[ChatUnsubscribe]{
		{"sessions", func(m *ChatUnsubscribe, v jsontext.Value) error { return readSessions(&m.Sessions, v) }},
	}
	createFields = []field[ChatCreate]{
		{"provider", func(m *ChatCreate, v jsontext.Value) error { return readProvider(&m.Provider, v) }},
		{"options", func(m *ChatCreate, v jsontext.Value) error { return readOptions(&m.Options, v, createOptions) }},
		{"title", func(m *ChatCreate, v jsontext.Value) error { return readLabel(&m.Title, v, "title", MaxTitleLength) }},
		{"icon", func(m *ChatCreate, v jsontext.Value) error { return readLabel(&m.Icon, v, "icon", MaxIconLength) }},
		{"system", func(m *ChatCreate, v jsontext.Value) error { return readSystem(&m.System, v, "system") }},
		{"from", func(m *ChatCreate, v jsontext.Value) error { return readMessageID(&m.From, v, "from") }},
		{"clientRequestId", func(m *ChatCreate, v jsontext.Value) error {
			return readClientID(&m.ClientRequestID, v, "clientRequestId")
		}},
	}
	permissionFields = append([]field[PermissionResponse]{
		{"requestId", func(m *PermissionResponse, v jsontext.Value) error {
			return readString(&m.RequestID, v, "requestId", InvalidOption)
		}},
	}, within(decisionFields, func(m *PermissionResponse) *Decision { return &m.Decision })...)
)

// within returns fields of a part as fields of the whole.
func within[T, P any](fields []field[P], part func(*T) *P) (all []field[T]) {
	for _, f := range fields {
		all = append(all, field[T]{f.name, func(whole *T, v jsontext.Value) error { return f.read(part(whole), v) }})
	}
	return all
}

var (
	threadCreateFields = []field[CreateChat]{
		{"name", func(m *CreateChat, v jsontext.Value) error { return readLabel(&m.Title, v, "name", MaxTitleLength) }},
		{"icon", func(m *CreateChat, v jsontext.Value) error { return readLabel(&m.Icon, v, "icon", MaxIconLength) }},
		{"starting_head", func(m *CreateChat, v jsontext.Value) error { return readMessageID(&m.From, v, "starting_head") }},
	}
	switchFields = []field[SwitchChat]{
		{"chat_id", func(m *SwitchChat, v jsontext.Value) error { return readSession(&m.ChatID, v, "chat_id") }},
	}
	renameFields = []field[RenameChat]{
		{"chat_id", func(m *RenameChat, v jsontext.Value) error { return readSession(&m.ChatID, v, "chat_id") }},
		{"name", func(m *RenameChat, v jsontext.Value) error { return readLabel(&m.Name, v, "name", MaxTitleLength) }},
	}
	deleteFields = []field[DeleteChat]{
		{"chat_id", func(m *DeleteChat, v jsontext.Value) error { return readSession(&m.ChatID, v, "chat_id") }},
	}
	addFields = []field[AddMessage]{
		{"content", func(m *AddMessage, v jsontext.Value) error { return readContent(&m.Content, v, "content") }},
	}
	generateFields = []field[Generate]{
		{"model_id", func(m *Generate, v jsontext.Value) error { return readModel(&m.ModelID, v, "model_id") }},
	}
	messageFields = []field[GetMessage]{
		{"message_id", func(m *GetMessage, v jsontext.Value) error { return readMessageID(&m.MessageID, v, "message_id") }},
	}
)

var (
	newConversationFields = []field[NewConversation]{
		{"system", func(m *NewConversation, v jsontext.Value) error { return readSystem(&m.System, v, "system") }},
	}
	sendMessageFields = []field[SendMessage]{
		{"conversation_id", func(m *SendMessage, v jsontext.Value) error {
			return readSession(&m.ConversationID, v, "conversation_id")
		}},
		{"message", func(m *SendMessage, v jsontext.Value) error { return readContent(&m.Message, v, "message") }},
	}
)

// chatOptions are the options that a conversation and a message have in common.
var chatOptions = []field[ChatOptions]{
	{"model", func(o *ChatOptions, v jsontext.Value) error { return readModel(&o.Model, v, "model") }},
	{"effort", func(o *ChatOptions, v jsontext.Value) error {
		return readText(&o.Effort, v, "effort", InvalidOption, validation.In("low", "medium", "high", "xhigh", "max").Error("effort must be low, medium, high, xhigh or max"))
	}},
	{"permissionMode", func(o *ChatOptions, v jsontext.Value) error {
		return readText(&o.PermissionMode, v, "permissionMode", InvalidOption, validation.Match(wordPattern).Error("permissionMode must be one of the agent's"))
	}},
	{"maxBudgetUsd", func(o *ChatOptions, v jsontext.Value) error { return readBudget(&o.MaxBudgetUSD, v) }},
	{"cwd", func(o *ChatOptions, v jsontext.Value) error {
		return readText(&o.Cwd, v, "cwd", InvalidOption,
			validation.Length(0, MaxPathBytes).Error("cwd is too long"), validation.By(withoutNUL("cwd")))
	}},
}

var sendOptions = append(within(chatOptions, func(o *SendOptions) *ChatOptions { return &o.ChatOptions }), []field[SendOptions]{
	{"provider", func(o *SendOptions, v jsontext.Value) error { return readProvider(&o.Provider, v) }},
	{"systemPrompt", func(o *SendOptions, v jsontext.Value) error {
		o.SystemPrompt = new(string)
		return readSystem(o.SystemPrompt, v, "systemPrompt")
	}},
	{"meta", func(o *SendOptions, v jsontext.Value) error { return readMeta(&o.Meta, v) }},
	{"queue", func(o *SendOptions, v jsontext.Value) error { return readBool(&o.Queue, v, "queue") }},
	{"interrupt", func(o *SendOptions, v jsontext.Value) error { return readBool(&o.Interrupt, v, "interrupt") }},
}...)

var createOptions = append(within(chatOptions, func(o *CreateOptions) *ChatOptions { return &o.ChatOptions }), field[CreateOptions]{
	"provider", func(o *CreateOptions, v jsontext.Value) error { return readProvider(&o.Provider, v) },
})

// decisionFields are the members of an answer to a request for an approval.
var decisionFields = []field[Decision]{
	{"allow", func(d *Decision, v jsontext.Value) error { return readBool(&d.Allow, v, "allow") }},
	{"updatedInput", func(d *Decision, v jsontext.Value) error {
		if v.Kind() != '{' {
			return NewError(InvalidOption, "updatedInput must be an object")
		}
		d.UpdatedInput = v
		return nil
	}},
	{"message", func(d *Decision, v jsontext.Value) error {
		return readText(&d.Message, v, "message", InvalidOption,
			validation.Length(0, MaxPromptBytes).Error("message must be at most 8192 bytes of UTF-8"), validation.By(withoutNUL("message")))
	}},
	{"rememberEntry", func(d *Decision, v jsontext.Value) error {
		d.RememberEntry = v
		return nil
	}},
}
