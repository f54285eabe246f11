package schema

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestDecodeWebChat(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]WebChatCall{
		`{"text":" hi "}`: {Text: " hi ", Session: "main"},
		`{"text":"hi","session":null,"thinking":null,"deliver":null,"to":null,"unknown":1}`: {Text: "hi", Session: "main"},
		`{"text":"hi","session":"a:B-c_d.9","thinking":"off","deliver":true,"to":"team"}`:   {Text: "hi", Session: "a:B-c_d.9", Effort: "low", Deliver: true, To: "team"},
		`{"text":"hi","thinking":"max"}`: {Text: "hi", Session: "main", Effort: "max"},
	} {
		got, err := DecodeWebChat([]byte(text))
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
	}
	for text, code := range map[string]Code{
		`{`: InvalidJSON, `{"text":"a","text":"b"}`: InvalidJSON, `{"Text":"a"}`: InvalidJSON, ``: InvalidContent, `{"text":[]}`: InvalidContent,
		`{"text":"a","session":""}`: InvalidOption, `{"text":"a","session":"a/b"}`: InvalidOption, `{"text":"a","thinking":"none"}`: InvalidOption, `{"text":"a","deliver":"yes"}`: InvalidOption,
	} {
		_, err := DecodeWebChat([]byte(text))
		require.ErrorIs(t, err, NewError(code, ""), text)
	}
}

func TestKeysOfSessions(t *testing.T) {
	t.Parallel()
	for key, ok := range map[string]bool{
		"main": true, "a": true, ".": true, strings.Repeat("x", 64): true, "": false, strings.Repeat("x", 65): false, "a b": false, "a\n": false, "ä": false, "a/b": false, "a\x00": false,
	} {
		require.Equal(t, ok, CheckSession(key) == nil, "%q", key)
	}
}

func TestAWebChatsAnswers(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	require.Equal(t, `{"messages":[{"role":"user","content":"hi","at":"2026-01-02T03:04:05Z","id":"x"}]}`,
		string(Encode(WebChatHistory{NewWebChatMessages([]Message{{ID: "x", Role: "user", Content: "hi", CreatedAt: at, Run: "run_x"}})})))
	require.Equal(t, `{"messages":[]}`, string(Encode(WebChatHistory{NewWebChatMessages(nil)})))
	require.Equal(t, `{"ok":true,"payloads":[{"text":"hi"}]}`, string(Encode(WebChatReply{OK: true, Payloads: []WebChatPayload{{Text: "hi"}}})))
	require.Equal(t, `{"ok":false,"error":"no","code":"ABORTED"}`, string(Encode(WebChatReply{Error: "no", Code: RunAborted})))
}

func TestDecodeUISend(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]UISend{
		`{"message":{"id":"m1","role":"user","parts":[{"type":"text","text":"a"},{"type":"text","text":"b","state":"done"}]}}`: {Text: "ab", MessageID: "m1", said: true},
		`{"id":"x","messages":[{"role":"user","parts":[{"type":"file"}]},{"role":"assistant"},{"id":"","role":"user","parts":[{"type":"text","text":"a"}]},{"role":"assistant"}],
		  "trigger":"submit-message","messageId":"m1","options":{"model":"m","provider":"claude"}}`: {
			Text: "a", Users: 2, Replaces: true, said: true, Options: CreateOptions{ChatOptions: ChatOptions{Model: "m"}, Provider: "claude"},
		},
		`{"trigger":"regenerate-message","messageId":null}`: {Again: true},
	} {
		got, err := DecodeUISend([]byte(text))
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
	}
	part := func(parts string) string { return `{"message":{"role":"user","parts":` + parts + `}}` }
	for text, code := range map[string]Code{
		`{`: InvalidJSON, ``: InvalidContent, `{"messages":[]}`: InvalidContent, `{"messages":[{"role":"system"}]}`: InvalidContent, `{"messages":"a"}`: InvalidContent, `{"message":[]}`: InvalidContent,
		`{"message":{"role":"assistant","parts":[{"type":"text","text":"a"}]}}`: InvalidContent, part(`[]`): InvalidContent, part(`"a"`): InvalidContent, part(`[{"type":"text"}]`): InvalidContent,
		part(`[{"type":"text","text":7}]`): InvalidContent, part(`[{"type":"reasoning","text":"a"}]`): InvalidContent, part(`[{"type":"text","text":" "}]`): InvalidContent,
		part(`[{"type":"text","text":"a\u0000"}]`): InvalidContent, part(`[{"type":"text","text":"` + strings.Repeat("x", MaxContentBytes+1) + `"}]`): InvalidContent,
		`{"trigger":"again"}`: InvalidOption, `{"message":{"id":"a b","role":"user","parts":[{"type":"text","text":"a"}]}}`: InvalidOption, `{"options":{"queue":true}}`: ForbiddenOption,
	} {
		_, err := DecodeUISend([]byte(text))
		require.ErrorIs(t, err, NewError(code, ""), text)
	}
}

func FuzzDecodeUISend(f *testing.F) {
	f.Add([]byte(`{"messages":[{"role":"user","parts":[{"type":"text","text":"a"}]}],"trigger":"regenerate-message"}`))
	f.Add([]byte(`{"message":{"id":"\ud800","role":"user","parts":[{"type":"text","text":"\ud800"}]}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := DecodeUISend(text)
		var refused *Error
		if err != nil {
			require.ErrorAs(t, err, &refused, "an error without a code")
			return
		}
		require.LessOrEqual(t, len(m.Text), MaxContentBytes)
		require.True(t, m.Again || strings.TrimSpace(m.Text) != "")
	})
}
