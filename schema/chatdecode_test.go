package schema

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	conv    = "conv-2gxc2yw2axqhc3abci3oftpjtt"
	message = "5feceb66ffc86f38d952786c6d696c79c2dbc239dd4e91b46729d73a27fb57e9"
)

func pointer(text string) *string { return &text }

func TestDecodeChatAcceptsWhatClientsSend(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]any{
		`{"type":"chat.send","sessionId":" CONV ","content":" hi "}`:                                                       ChatSend{SessionID: conv, Content: " hi "},
		`{"type":"chat.send","sessionId":"CONV","content":"hi","unknown":{"x":[1]},"options":null,"clientMessageId":null}`: ChatSend{SessionID: conv, Content: "hi"},
		`{"type":"chat.send","sessionId":"CONV","content":"hi","provider":"claude","clientMessageId":"a-1","expectedHead":"","parent":"MESSAGE",
		  "options":{"model":"sonnet","effort":"xhigh","systemPrompt":"be kind","permissionMode":"plan","maxBudgetUsd":0.5,"cwd":"a/b","meta":"A","queue":true,"interrupt":false}}`: ChatSend{
			SessionID: conv, Content: "hi", Provider: "claude", ClientMessageID: "a-1", ExpectedHead: pointer(""), Parent: pointer(message),
			Options: SendOptions{
				ChatOptions:  ChatOptions{Model: "sonnet", Effort: "xhigh", PermissionMode: "plan", MaxBudgetUSD: 0.5, Cwd: "a/b"},
				SystemPrompt: pointer("be kind"), Meta: "A", Queue: true,
			},
		},
		`{"type":"chat.abort","sessionId":"CONV"}`:                      ChatAbort{SessionID: conv},
		`{"type":"chat.subscribe","sessions":[]}`:                       ChatSubscribe{},
		`{"type":"chat.unsubscribe","sessions":[{"sessionId":"CONV"}]}`: ChatUnsubscribe{Sessions: []SessionRef{{SessionID: conv}}},
		`{"type":"chat.create"}`:                                        ChatCreate{},
		`{"type":"chat.create","title":"a","icon":"😀","system":"b","from":"MESSAGE","clientRequestId":"c-1","options":{"model":"opus","provider":"claude"}}`: ChatCreate{NewChat{
			Title: "a", Icon: "😀", System: "b", From: message, ClientRequestID: "c-1", Options: CreateOptions{ChatOptions: ChatOptions{Model: "opus"}, Provider: "claude"},
		}},
		`{"type":"chat.permission-response","requestId":"apr_x","allow":false,"message":"no"}`: PermissionResponse{RequestID: "apr_x", Decision: Decision{Message: "no"}},
		`{"type":"chat.permission-response","requestId":"apr_x","allow":true,"updatedInput":{"a": 1},"rememberEntry":"Bash(ls:*)"}`: PermissionResponse{
			RequestID: "apr_x", Decision: Decision{Allow: true, UpdatedInput: []byte(`{"a": 1}`), RememberEntry: []byte(`"Bash(ls:*)"`)},
		},

		`{"type":"list_chats"}`:                                       ListChats{},
		`{"type":"create_chat","name":"a","starting_head":null}`:      CreateChat{NewChat{Title: "a"}},
		`{"type":"create_chat","name":"a","starting_head":"MESSAGE"}`: CreateChat{NewChat{Title: "a", From: message}},
		`{"type":"switch_chat","chat_id":"CONV"}`:                     SwitchChat{ChatID: conv},
		`{"type":"rename_chat","chat_id":"CONV","name":"b"}`:          RenameChat{ChatID: conv, Name: "b"},
		`{"type":"delete_chat","chat_id":"CONV"}`:                     DeleteChat{ChatID: conv},
		`{"type":"send_message","content":"hi"}`:                      AddMessage{Content: "hi"},
		`{"type":"generate_llm_response"}`:                            Generate{},
		`{"type":"generate_llm_response","model_id":"sonnet"}`:        Generate{ModelID: "sonnet"},
		`{"type":"get_message","message_id":"MESSAGE"}`:               GetMessage{MessageID: message},
		`{"type":"get_head","action":"ignored"}`:                      GetHead{},

		`{"action":"new_conversation"}`:                                     NewConversation{},
		`{"action":"new_conversation","system":"a"}`:                        NewConversation{System: "a"},
		`{"action":"send_message","conversation_id":"CONV","message":"hi"}`: SendMessage{ConversationID: conv, Message: "hi"},
		`{"action":"list_conversations"}`:                                   ListConversations{},
	} {
		got, err := DecodeChat([]byte(written(text)))
		require.NoError(t, err, text)
		require.Equal(t, want, got.Message, text)
	}
}

// written puts ids into a text.
func written(text string) string {
	return strings.NewReplacer("CONV", conv, "MESSAGE", message).Replace(text)
}

func TestPlacesInAJournalAreReadAsClientsMeanThem(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{
		`7`: 7, `7.9`: 7, `-1`: 0, `-0.5`: 0, `0`: 0, `null`: 0, `"7"`: 0, `true`: 0, `[7]`: 0, `{}`: 0, `1e3`: 1000, `1e30`: math.MaxInt64, `1e999`: 0,
		`9007199254740991`: 1<<53 - 1,
	} {
		got, err := DecodeChat(fmt.Appendf(nil, `{"type":"chat.subscribe","sessions":[{"sessionId":%q,"lastSeq":%s,"epoch":"e","history":true}]}`, conv, text))
		require.NoError(t, err)
		require.Equal(t, ChatSubscribe{Sessions: []SessionRef{{SessionID: conv, LastSeq: want, Epoch: "e", History: true}}}, got.Message, text)
	}
}

func TestOneBadConversationDoesNotSpoilTheOthers(t *testing.T) {
	t.Parallel()
	got, err := DecodeChat([]byte(written(`{"type":"chat.subscribe","sessions":[7,{},{"sessionId":"x"},{"sessionId":"CONV","history":1},
		{"sessionId":"CONV","epoch":7},{"sessionId":"CONV","SessionId":"CONV"},{"sessionId":"CONV"}]}`)))
	require.NoError(t, err)
	var codes []Code
	for _, s := range got.Message.(ChatSubscribe).Sessions {
		var refused *Error
		if s.Err != nil {
			require.ErrorAs(t, s.Err, &refused)
			codes = append(codes, refused.Code)
			continue
		}
		codes = append(codes, "")
		require.Equal(t, SessionRef{SessionID: conv}, s)
	}
	require.Equal(t, []Code{SessionIDRequired, SessionIDRequired, SessionNotFound, InvalidOption, InvalidOption, InvalidJSON, ""}, codes)
}

// badFrames are frames that are refused, by vocabulary and code.
var badFrames = map[Vocabulary]map[Code][]string{
	Gateway: {
		InvalidJSON: {
			``, ` `, `{`, `[]`, `null`, `"x"`, `42`, `{"type":"chat.abort",}`, `{"type":"chat.abort","sessionId":"CONV"} x`,
			`{"type":"chat.abort","sessionId":"CONV","sessionId":"CONV"}`, `{"type":"chat.abort","SessionId":"CONV"}`, `{"Type":"chat.abort"}`, `{"TYPE":"list_chats"}`,
			`{"type":"chat.send","sessionId":"CONV","content":"\ud800"}`, `{"type":"chat.send","sessionId":"CONV","Content":"a","content":"b"}`,
			`{"type":"chat.permission-response","requestId":"apr_x","allow":true,"updatedInput":{"a":1,"a":2}}`,
			`{"type":"chat.send","sessionId":"CONV","content":"a","deep":` + strings.Repeat("[", 70) + strings.Repeat("]", 70) + `}`,
			`{"type":"chat.send","sessionId":"CONV","content":"a","options":{"model":"a","model":"b"}}`,
		},
		UnknownMessageType: {
			`{}`, `{"type":7}`, `{"type":null}`, `{"type":"","action":"list_conversations"}`, `{"type":"chat.unknown"}`, `{"type":"chat."}`, `{"type":"CHAT.SEND"}`, `{"type":"unknown"}`,
			`{"prompt":"hi","meta":"A"}`, `{"kind":"text"}`,
		},
		SessionIDRequired: {
			`{"type":"chat.send","content":"hi"}`, `{"type":"chat.send","sessionId":null,"content":"hi"}`, `{"type":"chat.send","sessionId":7,"content":"hi"}`,
			`{"type":"chat.send","sessionId":" ","content":"hi"}`, `{"type":"chat.abort"}`, `{"type":"chat.abort","sessionId":["CONV"]}`,
			`{"type":"chat.subscribe"}`, `{"type":"chat.subscribe","sessions":"CONV"}`, `{"type":"chat.unsubscribe","sessions":{}}`,
		},
		SessionNotFound: {
			`{"type":"chat.abort","sessionId":"x"}`, `{"type":"chat.abort","sessionId":"../../etc/passwd"}`, `{"type":"chat.abort","sessionId":"CONV\u0000"}`,
			`{"type":"chat.send","sessionId":"CONVx","content":"hi"}`,
		},
		InvalidContent: {
			`{"type":"chat.send","sessionId":"CONV"}`, `{"type":"chat.send","sessionId":"CONV","content":7}`, `{"type":"chat.send","sessionId":"CONV","content":""}`,
			`{"type":"chat.send","sessionId":"CONV","content":" \t\n\u00a0\u3000\ufeff"}`, `{"type":"chat.send","sessionId":"CONV","content":"a\u0000b"}`,
			`{"type":"chat.send","sessionId":"CONV","content":"` + strings.Repeat("x", MaxContentBytes+1) + `"}`,
			`{"type":"chat.send","sessionId":"CONV","content":["hi"]}`,
		},
		UnsupportedProvider: {
			`{"type":"chat.send","sessionId":"CONV","content":"hi","provider":"codex"}`, `{"type":"chat.send","sessionId":"CONV","content":"hi","options":{"provider":"cursor"}}`,
			`{"type":"chat.create","provider":""}`, `{"type":"chat.create","provider":7}`, `{"type":"chat.create","options":{"provider":"gemini"}}`,
		},
		ForbiddenOption: {
			options(`{"allowedTools":["Bash"]}`), options(`{"env":{}}`), options(`{"claude":"/bin/sh"}`), options(`{"binary":"x"}`), options(`{"scopes":["admin"]}`), options(`{"user":"root"}`),
			options(`{"sessionId":"x"}`), options(`{"resume":true}`), options(`{"Model":"sonnet"}`), options(`{"unknown":null}`), options(`{"dangerouslySkipPermissions":true}`),
			`{"type":"chat.create","options":{"queue":true}}`, `{"type":"chat.create","options":{"allowedTools":[]}}`,
		},
		InvalidMeta: {options(`{"meta":"a"}`), options(`{"meta":7}`), options(`{"meta":"` + strings.Repeat("A", 65) + `"}`)},
		InvalidOption: {
			options(`[]`), options(`"x"`), options(`{"model":7}`), options(`{"model":"-x"}`), options(`{"effort":"most"}`), options(`{"permissionMode":"--x"}`),
			options(`{"maxBudgetUsd":0}`), options(`{"maxBudgetUsd":-1}`), options(`{"maxBudgetUsd":"1"}`), options(`{"maxBudgetUsd":1e999}`), options(`{"cwd":7}`), options(`{"cwd":"a\u0000"}`),
			options(`{"cwd":"` + strings.Repeat("x", MaxPathBytes+1) + `"}`), options(`{"queue":"true"}`), options(`{"interrupt":1}`), options(`{"systemPrompt":7}`),
			`{"type":"chat.send","sessionId":"CONV","content":"hi","clientMessageId":"a b"}`, `{"type":"chat.send","sessionId":"CONV","content":"hi","clientMessageId":7}`,
			`{"type":"chat.send","sessionId":"CONV","content":"hi","expectedHead":7}`, `{"type":"chat.create","title":7}`, `{"type":"chat.create","clientRequestId":7}`, `{"type":"chat.create","clientRequestId":"a b"}`, `{"type":"chat.create","title":"a\nb"}`,
			`{"type":"chat.create","title":"` + strings.Repeat("é", MaxTitleLength+1) + `"}`, `{"type":"chat.create","system":"` + strings.Repeat("x", MaxSystemBytes+1) + `"}`,
			`{"type":"chat.permission-response"}`, `{"type":"chat.permission-response","allow":true}`, `{"type":"chat.permission-response","requestId":"apr_x"}`,
			allow(`"false"`), allow(`"true"`), allow(`1`), allow(`0`), allow(`null`), allow(`[]`), allow(`{}`), allow(`""`), allow(`true,"updatedInput":[]`), allow(`true,"updatedInput":"x"`),
			allow(`false,"message":7`), allow(`false,"message":"` + strings.Repeat("x", MaxPromptBytes+1) + `"`),
		},
		NotFound: {
			`{"type":"chat.send","sessionId":"CONV","content":"hi","parent":"x"}`, `{"type":"chat.send","sessionId":"CONV","content":"hi","expectedHead":"x"}`, `{"type":"chat.create","from":"x"}`,
		},
	},
	Thread: {
		InvalidJSON: {
			`{"type":"list_chats","type":"list_chats"}`, `{"type":"switch_chat","chat_id":"CONV","CHAT_ID":"CONV"}`, `{"type":"send_message","content":"\udc00"}`,
			`{"type":"get_head","Action":"x"}`,
		},
		SessionIDRequired: {`{"type":"switch_chat"}`, `{"type":"delete_chat","chat_id":7}`, `{"type":"rename_chat","chat_id":"","name":"a"}`},
		SessionNotFound:   {`{"type":"switch_chat","chat_id":"x"}`, `{"type":"delete_chat","chat_id":"*"}`},
		InvalidContent:    {`{"type":"send_message"}`, `{"type":"send_message","content":" "}`, `{"type":"send_message","content":{}}`},
		InvalidOption: {
			`{"type":"create_chat","name":7}`, `{"type":"create_chat","starting_head":7}`, `{"type":"rename_chat","chat_id":"CONV"}`, `{"type":"rename_chat","chat_id":"CONV","name":[]}`,
			`{"type":"generate_llm_response","model_id":7}`, `{"type":"generate_llm_response","model_id":"--x"}`, `{"type":"get_message"}`, `{"type":"get_message","message_id":7}`,
		},
		NotFound: {`{"type":"get_message","message_id":"x"}`, `{"type":"create_chat","starting_head":"../x"}`},
	},
	Hub: {
		InvalidJSON:        {`{"action":"list_conversations","action":"list_conversations"}`, `{"action":"new_conversation","System":"x"}`, `{"action":"send_message","conversation_id":"CONV","message":"\ud800"}`},
		UnknownMessageType: {`{"action":"unknown"}`, `{"action":7}`, `{"action":""}`, `{"action":"List_Conversations"}`},
		SessionIDRequired:  {`{"action":"send_message","message":"hi"}`, `{"action":"send_message","conversation_id":7,"message":"hi"}`, `{"action":"send_message","conversation_id":"","message":"hi"}`},
		SessionNotFound:    {`{"action":"send_message","conversation_id":"conv-1234567890","message":"hi"}`},
		InvalidContent:     {`{"action":"send_message","conversation_id":"CONV"}`, `{"action":"send_message","conversation_id":"CONV","message":7}`, `{"action":"send_message","conversation_id":"CONV","message":"\n"}`},
		InvalidOption:      {`{"action":"new_conversation","system":7}`, `{"action":"new_conversation","system":"a\u0000"}`},
	},
}

func options(text string) string {
	return `{"type":"chat.send","sessionId":"CONV","content":"hi","options":` + text + `}`
}

func allow(text string) string {
	return `{"type":"chat.permission-response","requestId":"apr_x","allow":` + text + `}`
}

func TestDecodeChatRefuses(t *testing.T) {
	t.Parallel()
	for vocabulary, byCode := range badFrames {
		for want, texts := range byCode {
			for _, text := range texts {
				in, err := DecodeChat([]byte(written(text)))
				var refused *Error
				require.ErrorAs(t, err, &refused, "%.200s", text)
				require.Equal(t, want, refused.Code, "%.200s: %s", text, refused.Text)
				require.Equal(t, vocabulary, in.Vocabulary, "%.200s", text)
				require.Nil(t, in.Message, "%.200s", text)
			}
		}
	}
}

func TestWhatIsRefusedSaysOfWhichConversationItWas(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`{"type":"chat.send","sessionId":"CONV","content":7}`, `{"type":"chat.send","sessionId":"CONV","content":"\ud800"}`, `{"type":"rename_chat","chat_id":"CONV"}`,
		`{"action":"send_message","conversation_id":"CONV"}`,
	} {
		in, err := DecodeChat([]byte(written(text)))
		require.Error(t, err)
		require.Equal(t, conv, in.Conversation, text)
	}
}

func TestBodiesOfRequests(t *testing.T) {
	t.Parallel()
	made, err := DecodeNewChat([]byte(written(`{"name":"a","icon":"b","system":"c","starting_head":"MESSAGE","options":{"model":"m"},"unknown":1}`)))
	require.NoError(t, err)
	require.Equal(t, NewChat{Title: "a", Icon: "b", System: "c", From: message, Options: CreateOptions{ChatOptions: ChatOptions{Model: "m"}}}, made)
	made, err = DecodeNewChat(nil)
	require.NoError(t, err)
	require.Zero(t, made)
	made, err = DecodeNewSession([]byte(`{"provider":"claude","title":"a"}`))
	require.NoError(t, err)
	require.Equal(t, NewChat{Title: "a", Provider: "claude"}, made)
	update, err := DecodeChatUpdate([]byte(`{"name":"a","icon":"","head":null,"expectedHead":""}`))
	require.NoError(t, err)
	require.Equal(t, ChatUpdate{Name: pointer("a"), Icon: pointer(""), ExpectedHead: pointer("")}, update)
	tags, err := DecodeTags([]byte(`{"tags":["a","b","a"]}`))
	require.NoError(t, err)
	require.Equal(t, []string{"a", "b"}, tags)
	starred, err := DecodeStar([]byte(`{"starred":true}`))
	require.NoError(t, err)
	require.True(t, starred)
	decision, err := DecodeDecision([]byte(`{"allow":true}`))
	require.NoError(t, err)
	require.Equal(t, Decision{Allow: true}, decision)
}

func TestBadBodiesOfRequestsAreRefused(t *testing.T) {
	t.Parallel()
	decoders := map[string]func([]byte) error{
		"chat":     func(b []byte) error { _, err := DecodeNewChat(b); return err },
		"session":  func(b []byte) error { _, err := DecodeNewSession(b); return err },
		"update":   func(b []byte) error { _, err := DecodeChatUpdate(b); return err },
		"tags":     func(b []byte) error { _, err := DecodeTags(b); return err },
		"star":     func(b []byte) error { _, err := DecodeStar(b); return err },
		"decision": func(b []byte) error { _, err := DecodeDecision(b); return err },
	}
	for name, decode := range decoders {
		for _, text := range []string{`{`, `[]`, `null`, `{"name":"a","name":"b"}`, `{} x`} {
			require.ErrorIs(t, decode([]byte(text)), NewError(InvalidJSON, ""), "%s %s", name, text)
		}
	}
	for name, texts := range map[string][]string{
		"chat":     {`{"name":7}`, `{"icon":"` + strings.Repeat("x", MaxIconLength+1) + `"}`, `{"options":7}`},
		"update":   {`{"name":["a"]}`, `{"head":7}`},
		"tags":     {``, `{}`, `{"tags":null}`, `{"tags":"a"}`, `{"tags":[7]}`, `{"tags":[""]}`, `{"tags":["` + strings.Repeat("x", MaxTagLength+1) + `"]}`, `{"tags":[` + strings.Repeat(`"a",`, MaxTags) + `"a"]}`},
		"star":     {``, `{}`, `{"starred":1}`, `{"starred":"true"}`},
		"decision": {``, `{}`, `{"allow":"true"}`, `{"allow":1}`, `{"allow":null}`},
	} {
		for _, text := range texts {
			require.ErrorIs(t, decoders[name]([]byte(text)), NewError(InvalidOption, ""), "%s %.80s", name, text)
		}
	}
}

func FuzzDecodeChat(f *testing.F) {
	for _, byCode := range badFrames {
		for _, texts := range byCode {
			f.Add([]byte(written(texts[0])))
		}
	}
	f.Add([]byte(written(`{"type":"chat.send","sessionId":"CONV","content":"hi","options":{"queue":true}}`)))
	f.Add([]byte(written(`{"type":"chat.subscribe","sessions":[{"sessionId":"CONV","lastSeq":1.5}]}`)))
	f.Fuzz(func(t *testing.T, text []byte) {
		in, err := DecodeChat(text)
		var refused *Error
		if err != nil {
			require.ErrorAs(t, err, &refused, "an error without a code")
			require.Nil(t, in.Message)
			return
		}
		switch m := in.Message.(type) {
		case ChatSend:
			require.Regexp(t, ConversationID, m.SessionID)
			require.NotEmpty(t, strings.TrimSpace(m.Content))
			require.LessOrEqual(t, len(m.Content), MaxContentBytes)
		case PermissionResponse:
			require.True(t, m.UpdatedInput == nil || json.Valid(m.UpdatedInput))
		case ChatSubscribe:
			for _, s := range m.Sessions {
				require.GreaterOrEqual(t, s.LastSeq, int64(0))
			}
		default:
			require.NotNil(t, in.Message)
		}
	})
}

func FuzzDecodeBodies(f *testing.F) {
	for _, text := range []string{
		``, `{}`, `{"name":"a","icon":"b","starting_head":"MESSAGE","options":{"model":"m"}}`, `{"provider":"claude","title":"a","from":"MESSAGE"}`, `{"tags":["a","a"]}`, `{"starred":true}`,
		`{"allow":true,"updatedInput":{"a":1},"rememberEntry":[]}`, `{"head":"","expectedHead":"MESSAGE"}`,
	} {
		f.Add([]byte(written(text)))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		made, err := DecodeNewChat(body)
		requireCoded(t, err)
		require.True(t, err != nil || made.From == "" || MessageID.MatchString(made.From))
		_, err = DecodeNewSession(body)
		requireCoded(t, err)
		_, err = DecodeChatUpdate(body)
		requireCoded(t, err)
		tags, err := DecodeTags(body)
		requireCoded(t, err)
		require.LessOrEqual(t, len(tags), MaxTags)
		_, err = DecodeStar(body)
		requireCoded(t, err)
		decision, err := DecodeDecision(body)
		requireCoded(t, err)
		require.True(t, err != nil || decision.UpdatedInput == nil || decision.UpdatedInput.Kind() == '{')
	})
}

// requireCoded fails for an error without a code.
func requireCoded(t *testing.T, err error) {
	t.Helper()
	var refused *Error
	require.True(t, err == nil || errors.As(err, &refused), "%v", err)
}

func TestARefusalNamesWhatTheFrameHasNamed(t *testing.T) {
	t.Parallel()
	in, err := DecodeChat([]byte(`{"type":"chat.send","sessionId":"s","clientMessageId":"m","content":7}`))
	require.Error(t, err)
	known, _ := errors.AsType[*Error](err)
	refusal := NewProtocolError(in, known)
	require.Equal(t, "m", refusal.ClientMessageID)
	require.Equal(t, "s", *refusal.SessionID)
	in, err = DecodeChat([]byte(`{"type":"chat.permission-response","requestId":"apr_x","allow":"false"}`))
	require.Error(t, err)
	known, _ = errors.AsType[*Error](err)
	require.Equal(t, "apr_x", NewProtocolError(in, known).RequestID)
	require.Nil(t, NewProtocolError(in, known).SessionID)
}
