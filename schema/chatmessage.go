package schema

// Vocabulary is one of the languages of the chat socket. They are told apart by a frame's own
// key, and each is answered in its own shape.
type Vocabulary int

// The vocabularies. What cannot be told apart counts as the first.
const (
	Gateway Vocabulary = iota // "type":"chat.…" in, "kind" out
	Thread                    // "type" in, "type" out
	Hub                       // "action" in, "message_type" out
)

// Incoming is a frame that a client has sent on the chat socket.
type Incoming struct {
	Vocabulary Vocabulary
	// Conversation is what the frame says of which conversation it is, as it is written there.
	Conversation string
	// ClientMessageID, ClientRequestID and RequestID are likewise what a frame of the gateway names.
	ClientMessageID, ClientRequestID, RequestID string
	// Message is what it asks for: one of the types below.
	Message any
}

// ChatSend is chat.send: a message that is to be answered.
type ChatSend struct {
	SessionID       string
	Content         string
	ClientMessageID string
	ExpectedHead    *string
	Parent          *string
	Provider        string
	Options         SendOptions
}

// SendOptions are the options of one message.
type SendOptions struct {
	ChatOptions
	Provider         string
	SystemPrompt     *string // allowed only as what it is already
	Meta             string
	Queue, Interrupt bool
}

// ChatAbort is chat.abort: it ends a conversation's run.
type ChatAbort struct{ SessionID string }

// ChatSubscribe is chat.subscribe. Each conversation is answered on its own.
type ChatSubscribe struct{ Sessions []SessionRef }

// ChatUnsubscribe is chat.unsubscribe.
type ChatUnsubscribe struct{ Sessions []SessionRef }

// SessionRef names a conversation, and what of its journal a client has.
type SessionRef struct {
	SessionID string
	LastSeq   int64
	Epoch     string
	History   bool
	// Err is what is wrong with this one.
	Err error
}

// ChatCreate is chat.create: a conversation that is to be made.
type ChatCreate struct{ NewChat }

// NewChat is how a conversation is to begin.
type NewChat struct {
	Title, Icon, System string
	From                string // a message to go on from
	ClientRequestID     string // makes it the same request as an earlier one with it; "" for none
	Provider            string
	Options             CreateOptions
}

// CreateOptions are the options of all turns of a conversation.
type CreateOptions struct {
	ChatOptions
	Provider string
}

// PermissionResponse is chat.permission-response: somebody's answer to a request for an
// approval.
type PermissionResponse struct {
	RequestID string
	Decision
}

// What threads are asked for.
type (
	ListChats  struct{}
	GetHead    struct{}
	CreateChat struct{ NewChat }
	SwitchChat struct{ ChatID string }
	RenameChat struct{ ChatID, Name string }
	DeleteChat struct{ ChatID string }
	AddMessage struct{ Content string }
	Generate   struct{ ModelID string }
	GetMessage struct{ MessageID string }
)

// What the hub is asked for.
type (
	NewConversation   struct{ System string }
	SendMessage       struct{ ConversationID, Message string }
	ListConversations struct{}
)
