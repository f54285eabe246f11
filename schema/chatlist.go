package schema

// Chat is a conversation as the HTTP routes tell it: with the name and the icon that the thread
// vocabulary has.
type Chat struct {
	Name string `json:"name"`
	Icon string `json:"icon"`
	Conversation
}

// NewChatOf returns that of a conversation.
func NewChatOf(c Conversation) Chat { return Chat{Name: c.Title, Icon: c.Icon, Conversation: c} }

// ChatList is the answer of GET /api/chats, the latest change first.
type ChatList struct {
	Chats []Chat `json:"chats"`
}

// NewChatList returns the list of these conversations.
func NewChatList(all []Conversation) ChatList {
	list := ChatList{Chats: []Chat{}}
	for _, c := range all {
		list.Chats = append(list.Chats, NewChatOf(c))
	}
	return list
}

// ChatAnswer is the answer about one conversation.
type ChatAnswer struct {
	Chat Chat `json:"chat"`
}

// SessionCreated is the answer of POST /api/providers/sessions.
type SessionCreated struct {
	SessionID string       `json:"sessionId"`
	Session   Conversation `json:"session"`
}

// MessageList is messages of a conversation: from the root to the head, or all, the oldest
// first.
type MessageList struct {
	Messages []Message `json:"messages"`
	Head     *string   `json:"head"`           // null if there is none
	Chat     string    `json:"chat,omitempty"` // the conversation, missing if there is none
}

// FoundList, UsageList and ApprovalList are the answers of these routes.
type FoundList struct {
	Results []Found `json:"results"`
}

type UsageList struct {
	Usage []UsageRow `json:"usage"`
}

type ApprovalList struct {
	Approvals []Approval `json:"approvals"`
}
