package schema

// HubFrame is a frame of the hub vocabulary: conversation_created, message or error.
type HubFrame struct {
	MessageType    string  `json:"message_type"`
	ConversationID *string `json:"conversation_id"` // null if none was named
	Content        string  `json:"content"`
	Error          Code    `json:"error,omitempty"`
}

// NewConversationCreated, NewHubMessage and NewHubError return these frames.
func NewConversationCreated(id string) HubFrame {
	return HubFrame{MessageType: "conversation_created", ConversationID: &id, Content: "New conversation created"}
}

func NewHubMessage(id, content string) HubFrame {
	return HubFrame{MessageType: "message", ConversationID: &id, Content: content}
}

func NewHubError(id string, err *Error) HubFrame {
	return HubFrame{MessageType: "error", ConversationID: OrNull(id), Content: err.Text, Error: err.Code}
}

// ConversationMetadata is what the hub vocabulary tells of a conversation.
type ConversationMetadata struct {
	ID           string  `json:"id"`
	Title        string  `json:"title"`
	CreatedAt    int64   `json:"created_at"` // seconds since 1970
	UpdatedAt    int64   `json:"updated_at"`
	MessageCount int     `json:"message_count"`
	Preview      *string `json:"last_message_preview"` // null if there is no message
}

// NewConversationMetadata returns that of a conversation.
func NewConversationMetadata(c Conversation) ConversationMetadata {
	return ConversationMetadata{
		ID: c.ID, Title: c.Title, CreatedAt: c.CreatedAt.Unix(), UpdatedAt: c.UpdatedAt.Unix(),
		MessageCount: c.MessageCount, Preview: OrNull(c.Preview),
	}
}

// ConversationList is {"message_type":"conversation_list",…}; as an answer over HTTP it has no
// message_type.
type ConversationList struct {
	MessageType   string                 `json:"message_type,omitempty"`
	Conversations []ConversationMetadata `json:"conversations"`
}

// NewConversationList returns the list of these conversations.
func NewConversationList(kind string, all []Conversation) ConversationList {
	list := ConversationList{MessageType: kind, Conversations: []ConversationMetadata{}}
	for _, c := range all {
		list.Conversations = append(list.Conversations, NewConversationMetadata(c))
	}
	return list
}
