package schema

// ThreadChat is a conversation as the thread vocabulary tells it.
type ThreadChat struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Icon string `json:"icon"`
}

// NewThreadChat returns what that vocabulary tells of a conversation.
func NewThreadChat(c Conversation) ThreadChat {
	return ThreadChat{ID: c.ID, Name: c.Title, Icon: c.Icon}
}

// ThreadMessage is a message as the thread vocabulary tells it.
type ThreadMessage struct {
	Role    string  `json:"role"`
	Content string  `json:"content"`
	Parent  *string `json:"parent"` // null for the first one
	ID      string  `json:"id"`
}

// NewThreadMessage returns what that vocabulary tells of a message.
func NewThreadMessage(m Message) ThreadMessage {
	return ThreadMessage{Role: m.Role, Content: m.Content, Parent: OrNull(m.Parent), ID: m.ID}
}

// OrNull returns a text, or nil for an empty one.
func OrNull(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// ChatsUpdate lists all conversations: {"type":"chats_update",…}.
type ChatsUpdate struct {
	Type          string       `json:"type"`
	Chats         []ThreadChat `json:"chats"`
	CurrentChatID *string      `json:"current_chat_id"` // this socket's own
}

// NewChatsUpdate returns that frame.
func NewChatsUpdate(chats []Conversation, current string) ChatsUpdate {
	update := ChatsUpdate{Type: "chats_update", Chats: []ThreadChat{}, CurrentChatID: OrNull(current)}
	for _, c := range chats {
		update.Chats = append(update.Chats, NewThreadChat(c))
	}
	return update
}

// ChatChanged is {"type":"chat_created","chat":…}, and the same for chat_renamed.
type ChatChanged struct {
	Type string     `json:"type"`
	Chat ThreadChat `json:"chat"`
}

// NewChatCreated and NewChatRenamed return these frames.
func NewChatCreated(c Conversation) ChatChanged { return ChatChanged{"chat_created", NewThreadChat(c)} }
func NewChatRenamed(c Conversation) ChatChanged { return ChatChanged{"chat_renamed", NewThreadChat(c)} }

// ChatDeleted is {"type":"chat_deleted","chat_id":…}.
type ChatDeleted struct {
	Type   string `json:"type"`
	ChatID string `json:"chat_id"`
}

// NewChatDeleted returns that frame.
func NewChatDeleted(id string) ChatDeleted { return ChatDeleted{"chat_deleted", id} }

// Head tells the last message of the current conversation: {"type":"head",…}, and as
// messages_updated that it may be another one than before.
type Head struct {
	Type          string  `json:"type"`
	Head          *string `json:"head"`
	CurrentChatID *string `json:"current_chat_id"`
}

// NewHead and NewMessagesUpdated return these frames.
func NewHead(head, current string) Head { return Head{"head", OrNull(head), OrNull(current)} }
func NewMessagesUpdated(head, current string) Head {
	return Head{"messages_updated", OrNull(head), OrNull(current)}
}

// MessageFrame is {"type":"message","message":…}.
type MessageFrame struct {
	Type    string        `json:"type"`
	Message ThreadMessage `json:"message"`
}

// NewMessageFrame returns that frame.
func NewMessageFrame(m Message) MessageFrame { return MessageFrame{"message", NewThreadMessage(m)} }

// ThreadError is {"type":"error","message":…}.
type ThreadError struct {
	Type    string `json:"type"`
	Message string `json:"message"`
}

// NewThreadError returns that frame.
func NewThreadError(err *Error) ThreadError { return ThreadError{"error", err.Error()} }
