package schema

import (
	"maps"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// decoder reads what one kind of frame asks for.
type decoder func(members) (any, error)

// gatewayKinds, threadKinds and hubKinds are all that a client may say on the chat socket.
var (
	gatewayKinds = map[string]decoder{
		"chat.send":                decodes(sendFields, required{"sessionId", SessionIDRequired}, required{"content", InvalidContent}),
		"chat.abort":               decodes(abortFields, required{"sessionId", SessionIDRequired}),
		"chat.subscribe":           decodes(subscribeFields, required{"sessions", SessionIDRequired}),
		"chat.unsubscribe":         decodes(unsubscribeFields, required{"sessions", SessionIDRequired}),
		"chat.create":              decodes(createFields),
		"chat.permission-response": decodes(permissionFields, required{"requestId", InvalidOption}, required{"allow", InvalidOption}),
	}
	threadKinds = map[string]decoder{
		"list_chats":            decodes[ListChats](nil),
		"create_chat":           decodes(threadCreateFields),
		"switch_chat":           decodes(switchFields, required{"chat_id", SessionIDRequired}),
		"rename_chat":           decodes(renameFields, required{"chat_id", SessionIDRequired}, required{"name", InvalidOption}),
		"delete_chat":           decodes(deleteFields, required{"chat_id", SessionIDRequired}),
		"send_message":          decodes(addFields, required{"content", InvalidContent}),
		"generate_llm_response": decodes(generateFields),
		"get_message":           decodes(messageFields, required{"message_id", InvalidOption}),
		"get_head":              decodes[GetHead](nil),
	}
	hubKinds = map[string]decoder{
		"new_conversation":   decodes(newConversationFields),
		"send_message":       decodes(sendMessageFields, required{"conversation_id", SessionIDRequired}, required{"message", InvalidContent}),
		"list_conversations": decodes[ListConversations](nil),
	}
)

// required is a member that must be there, and what is told if it is not.
type required struct {
	name string
	code Code
}

// decodes returns the decoder for frames with these members.
func decodes[T any](fields []field[T], must ...required) decoder {
	return func(keys members) (any, error) {
		message, err := readRequired(keys, fields, must...)
		if err != nil {
			return nil, err
		}
		return message, nil
	}
}

// readRequired is [readFields] for members some of which must be there.
func readRequired[T any](keys members, fields []field[T], must ...required) (T, error) {
	value, err := readFields(keys, fields)
	for _, r := range must {
		if _, given := keys[r.name]; err == nil && !given {
			err = NewError(r.code, r.name+" is missing")
		}
	}
	return value, err
}

// DecodeChat reads a client's frame. It is as strict as [Decode], but a null counts as a
// member that is not given. Of a frame that is refused, as much is told as can be: its
// vocabulary and its conversation. Every error is an [*Error].
func DecodeChat(message []byte) (Incoming, error) {
	keys, err := decodeObject(message, `{"type":"chat.send","sessionId":"…","content":"…"}`)
	if err != nil {
		in, _ := tellApart(lenient(message))
		return in, err
	}
	dropNulls(keys)
	in, decode := tellApart(keys)
	for _, name := range []string{"type", "action"} {
		if err := requireSpelling(keys, name); err != nil {
			return in, err
		}
	}
	if decode == nil {
		return in, NewError(UnknownMessageType, "there is no such type of message")
	}
	in.Message, err = decode(keys)
	return in, err
}

// tellApart returns the vocabulary of a frame and its decoder, which is nil for a frame of
// none. A word without a vocabulary is answered as the gateway does; an action is the hub's.
func tellApart(keys members) (Incoming, decoder) {
	in := Incoming{}
	kind, action := textOf(keys["type"]), textOf(keys["action"])
	_, typed := keys["type"]
	switch _, acts := keys["action"]; {
	case threadKinds[kind] != nil:
		in.Vocabulary, in.Conversation = Thread, textOf(keys["chat_id"])
		return in, threadKinds[kind]
	case !typed && acts:
		in.Vocabulary, in.Conversation = Hub, textOf(keys["conversation_id"])
		return in, hubKinds[action]
	default:
		in.Conversation, in.ClientMessageID, in.RequestID = textOf(keys["sessionId"]), textOf(keys["clientMessageId"]), textOf(keys["requestId"])
		in.ClientRequestID = textOf(keys["clientRequestId"])
		return in, gatewayKinds[kind]
	}
}

// textOf returns a member that is a text, else "".
func textOf(value jsontext.Value) (text string) {
	if value.Kind() == '"' {
		_ = json.Unmarshal(value, &text, encodeOptions)
	}
	return strings.TrimSpace(text)
}

// lenient returns what can be told of a message that is refused: only its answer's shape
// depends on it.
func lenient(message []byte) (keys members) {
	if !tooDeep(message) {
		_ = json.Unmarshal(message, &keys, encodeOptions, jsontext.AllowDuplicateNames(true))
	}
	return keys
}

// dropNulls removes members without a value.
func dropNulls(keys members) {
	maps.DeleteFunc(keys, func(_ string, v jsontext.Value) bool { return v.Kind() == 'n' })
}
