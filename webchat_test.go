package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spool/schema"
	"spool/webhook"
)

// webChat is a client of the web chat.
type webChat struct {
	s     *server
	token string
}

func (s *server) webChat(t testing.TB) webChat {
	t.Helper()
	var info schema.WebChatInfo
	s.getJSON(t, &info, http.StatusOK, http.MethodGet, "/webchat/info", "")
	return webChat{s, info.Token}
}

// call sends what is not text yet, and returns the answer.
func (w webChat) call(t testing.TB, body map[string]any) (reply schema.WebChatReply) {
	t.Helper()
	text, err := json.Marshal(body)
	require.NoError(t, err)
	answer, got := w.s.do(t, http.MethodPost, "/webchat/rpc", string(text), "X-Webchat-Token: "+w.token)
	require.Equal(t, http.StatusOK, answer.StatusCode, got)
	require.NoError(t, json.Unmarshal([]byte(got), &reply))
	return reply
}

func (w webChat) history(t testing.TB, session string) []schema.WebChatMessage {
	t.Helper()
	answer, got := w.s.do(t, http.MethodGet, "/webchat/history?session="+session, "", "Authorization: Bearer "+w.token)
	require.Equal(t, http.StatusOK, answer.StatusCode, got)
	var history schema.WebChatHistory
	require.NoError(t, json.Unmarshal([]byte(got), &history))
	return history.Messages
}

func texts(messages []schema.WebChatMessage) (all []string) {
	for _, m := range messages {
		all = append(all, m.Role+": "+m.Content)
	}
	return all
}

func TestAWebChatAnswersAndRemembers(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	w := s.webChat(t)
	require.Empty(t, w.history(t, "main"))
	reply := w.call(t, map[string]any{"text": answering("a pelican"), "session": "main", "thinking": "minimal"})
	require.Equal(t, schema.WebChatReply{OK: true, Payloads: []schema.WebChatPayload{{Text: "a pelican"}}}, reply)
	require.Contains(t, strings.Join(s.started(t)[0].Args, " "), "--effort=low")
	w.call(t, map[string]any{"text": answering("a gull"), "session": "Other:1"})
	want := []string{"user: " + answering("a pelican"), "assistant: a pelican"}
	messages := w.history(t, "main")
	require.Equal(t, want, texts(messages))
	require.Regexp(t, schema.MessageID, messages[0].ID)
	require.WithinDuration(t, time.Now(), messages[1].At, time.Minute)
	require.Len(t, w.history(t, "Other:1"), 2)
	require.Empty(t, w.history(t, "other:1"))

	var info schema.WebChatInfo
	s.getJSON(t, &info, http.StatusOK, http.MethodGet, "/webchat/info", "")
	require.Equal(t, messages, info.InitialMessages)
	require.Equal(t, s.url+"/webchat/", info.BaseURL)
	require.Equal(t, "Other:1", s.chatList(t)[0].Title)
}

// A session is a conversation like others, and lives as long.
func TestASessionOutlivesTheServer(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := startServer(t, "--demo", "--data-dir="+dir)
	first.webChat(t).call(t, map[string]any{"text": answering("a pelican"), "session": "a.b_c-d"})
	first.hurry()
	first.awaitExit(t)
	s := startServer(t, "--demo", "--data-dir="+dir)
	w := s.webChat(t)
	require.Len(t, w.history(t, "a.b_c-d"), 2)
	id := s.chatList(t)[0].ID
	w.call(t, map[string]any{"text": answering("a gull"), "session": "a.b_c-d"})
	require.Len(t, s.chatList(t), 1)
	answer, _ := s.do(t, http.MethodDelete, "/api/chats/"+id, "")
	require.Equal(t, http.StatusNoContent, answer.StatusCode)
	require.Empty(t, w.history(t, "a.b_c-d"))
	w.call(t, map[string]any{"text": answering("a stork"), "session": "a.b_c-d"})
	require.Len(t, w.history(t, "a.b_c-d"), 2, "it begins anew")
}

func TestARunThatFailsIsNoAnswer(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	reply := s.webChat(t).call(t, map[string]any{"text": script(say(initLine, assistant("half a")) + "exit 3")})
	require.False(t, reply.OK)
	require.Equal(t, schema.ExitNonzero, reply.Code)
	require.NotEmpty(t, reply.Error)
	require.Equal(t, []schema.WebChatPayload{{Text: "half a"}}, reply.Payloads)
}

// Who calls at once is answered one after the other.
func TestCallsWaitForEachOther(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--demo")
	w := s.webChat(t)
	replies := make(chan schema.WebChatReply, 3)
	for i := range cap(replies) {
		go func() { replies <- w.call(t, map[string]any{"text": fmt.Sprint("number ", i)}) }()
	}
	for range cap(replies) {
		require.True(t, (<-replies).OK)
	}
	require.Len(t, w.history(t, "main"), 2*cap(replies))
	require.Len(t, s.chatList(t), 1, "they have made one conversation")
}

func TestACallGoesOnWithoutItsClient(t *testing.T) {
	t.Parallel()
	s, g := startServer(t), newGate(t)
	w := s.webChat(t)
	ctx, leave := context.WithCancel(t.Context())
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+"/webchat/rpc", strings.NewReader(string(schema.Encode(map[string]string{"text": script(g.wait(), say(initLine, assistant("late"), spent))}))))
	require.NoError(t, err)
	request.Header.Set("X-Webchat-Token", w.token)
	left := make(chan error, 1)
	go func() {
		answer, err := http.DefaultClient.Do(request)
		if err == nil {
			answer.Body.Close()
		}
		left <- err
	}()
	require.Eventually(t, func() bool { return s.health(t).Runs.Running == 1 }, patience, 10*time.Millisecond)
	require.Equal(t, 1, s.health(t).Sockets.Open)
	leave()
	require.Error(t, <-left)
	s.awaitSockets(t, 0)
	require.Equal(t, 1, s.health(t).Runs.Running)
	g.open()
	require.Eventually(t, func() bool { return len(w.history(t, "main")) == 2 }, patience, 10*time.Millisecond)
}

func TestBadCallsAreRefusedAndStartNothing(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--webhook=team=http://127.0.0.1:1/")
	token := "X-Webchat-Token: " + s.webChat(t).token
	for code, bodies := range map[schema.Code][]string{
		schema.InvalidJSON:    {`{`, `[]`, `{"text":"a","text":"b"}`, `{"text":"a","Session":"b"}`, `{"text":"\ud800"}`},
		schema.InvalidContent: {``, `{}`, `{"text":null}`, `{"text":7}`, `{"text":""}`, `{"text":" "}`, `{"text":"a\u0000"}`, `{"text":"` + strings.Repeat("x", 48<<10+1) + `"}`},
		schema.InvalidOption: {
			`{"text":"a","session":""}`, `{"text":"a","session":"a b"}`, `{"text":"a","session":"../x"}`, `{"text":"a","session":"ä"}`, `{"text":"a","session":7}`,
			`{"text":"a","session":"` + strings.Repeat("x", 65) + `"}`, `{"text":"a","session":"a\n"}`, `{"text":"a","thinking":"a lot"}`, `{"text":"a","thinking":true}`,
			`{"text":"a","deliver":"true"}`, `{"text":"a","deliver":true}`, `{"text":"a","deliver":true,"to":"Team"}`, `{"text":"a","deliver":true,"to":"http://127.0.0.1:1/"}`, `{"text":"a","to":7}`,
		},
	} {
		for _, body := range bodies {
			answer, text := s.do(t, http.MethodPost, "/webchat/rpc", body, token)
			requireRefusal(t, answer, text, http.StatusBadRequest, code)
		}
	}
	for _, session := range []string{"a%20b", "%2e%2e%2f", "a%00", strings.Repeat("x", 65)} {
		answer, text := s.do(t, http.MethodGet, "/webchat/history?session="+session, "", token)
		requireRefusal(t, answer, text, http.StatusBadRequest, schema.InvalidOption)
	}
	s.requireNoRun(t)
	require.Empty(t, s.chatList(t))
}

func TestA03AWebChatsTokenIsForItAlone(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	got := s.request(t, s.getLines("/webchat/info")...)
	require.Equal(t, http.StatusOK, got.status)
	require.Equal(t, "no-store", got.header.Get("Cache-Control"))
	requireSafe(t, got, "info")
	for name, lines := range map[string][]string{
		"another host": {"GET /webchat/info HTTP/1.1", "Host: evil.example"}, "another origin": s.getLines("/webchat/info", "Origin: http://evil.example"),
		"another port": s.getLines("/webchat/info", "Origin: http://127.0.0.1:1"), "a proxy": s.getLines("/webchat/info", "X-Forwarded-For: 192.0.2.1"), "a newer proxy": s.getLines("/webchat/info", "Forwarded: for=192.0.2.1"),
	} {
		got := s.request(t, lines...)
		require.Equal(t, http.StatusForbidden, got.status, name)
		require.NotContains(t, got.body, "token", name)
	}
	named := startServer(t, "--allow-host=spool.example")
	require.Equal(t, http.StatusOK, named.request(t, "GET /api/health HTTP/1.1", "Host: spool.example").status)
	for _, path := range []string{"/webchat", "/webchat/", "/webchat/info", "/webchat/history"} {
		got := named.request(t, "GET "+path+" HTTP/1.1", "Host: spool.example")
		requireError(t, got, http.StatusForbidden, schema.ForbiddenHost)
	}
	require.NotEqual(t, s.webChat(t).token, s.webChat(t).token)
}

func TestA06WrongTokensAreCounted(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	token := s.webChat(t).token
	require.Len(t, token, 43)
	none, text := s.do(t, http.MethodGet, "/webchat/history", "")
	requireRefusal(t, none, text, http.StatusUnauthorized, schema.Unauthorized)
	require.Equal(t, "Bearer", none.Header.Get("WWW-Authenticate"))
	wrong := func(i int) (*http.Response, string) {
		return s.do(t, http.MethodPost, "/webchat/rpc", `{"text":"a"}`, []string{"Authorization: Bearer ", "X-Webchat-Token: "}[i%2]+token[:42]+"!", "X-Device-Token: x")
	}
	for i := range 20 {
		answer, text := wrong(i)
		requireRefusal(t, answer, text, http.StatusUnauthorized, schema.Unauthorized)
	}
	answer, text := wrong(0)
	for i := 0; answer.StatusCode == http.StatusUnauthorized && i < 10; i++ { // every three seconds one more is allowed
		answer, text = wrong(i)
	}
	requireRefusal(t, answer, text, http.StatusTooManyRequests, schema.RateLimited)
	require.NotEmpty(t, answer.Header.Get("Retry-After"))
	s.requireNoRun(t)
}

func TestA08ATokenIsNowhereElse(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--log-level=debug")
	w := s.webChat(t)
	for _, query := range []string{"?token=", "?Token=", "?session=main&access_token=", "?x-webchat-token="} {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			path := map[string]string{http.MethodGet: "/webchat/history", http.MethodPost: "/webchat/rpc"}[method]
			answer, text := s.do(t, method, path+query+w.token, `{"text":"a"}`, "X-Webchat-Token: "+w.token)
			requireRefusal(t, answer, text, http.StatusBadRequest, schema.BadRequest)
			require.NotContains(t, text, w.token)
		}
	}
	w.call(t, map[string]any{"text": answering("hi")})
	require.NotContains(t, s.log.String(), w.token)
	files, err := filepath.Glob(filepath.Join(s.dir, "*"))
	require.NoError(t, err)
	for _, path := range files {
		if text, err := os.ReadFile(path); err == nil {
			require.NotContains(t, string(text), w.token, path)
		}
	}
	for _, r := range s.started(t) {
		require.NotContains(t, strings.Join(append(r.Environment, r.Args...), "\n"), w.token)
	}
}

// A delivery comes signed, is tried again, and what became of it is in the answer.
func TestAnAnswerIsDelivered(t *testing.T) {
	t.Parallel()
	type received struct {
		body, signature string
	}
	got := make(chan received, 10)
	statuses := make(chan int, 10)
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got <- received{string(body), r.Header.Get("X-Spool-Signature")}
		w.WriteHeader(<-statuses)
	}))
	t.Cleanup(receiver.Close)
	s := startServer(t, "--webhook=team="+receiver.URL+"/a;b,c?key=hidden", "--webhook=other=http://127.0.0.1:1/")
	w := s.webChat(t)
	statuses <- 503
	statuses <- 200
	reply := w.call(t, map[string]any{"text": answering("a pelican"), "session": "birds", "deliver": true, "to": "team"})
	require.Equal(t, schema.WebChatReply{OK: true, Payloads: []schema.WebChatPayload{{Text: "a pelican", To: "team", Delivered: true, Attempts: 2}}}, reply)
	first, second := <-got, <-got
	require.Equal(t, first.body, second.body)
	var body struct{ Session, Conversation, Run, Message, Text string }
	require.NoError(t, json.Unmarshal([]byte(first.body), &body))
	require.Equal(t, []string{"birds", "a pelican"}, []string{body.Session, body.Text})
	require.Equal(t, w.history(t, "birds")[1].ID, body.Message)
	require.Regexp(t, schema.RunID, body.Run)
	secret, err := webhook.ReadSecret(filepath.Join(s.dir, "webhook-secret"))
	require.NoError(t, err)
	var seconds int64
	_, err = fmt.Sscanf(second.signature, "t=%d,", &seconds)
	require.NoError(t, err)
	require.Equal(t, webhook.Sign(secret, []byte(second.body), time.Unix(seconds, 0)), second.signature)

	statuses <- 404
	reply = w.call(t, map[string]any{"text": answering("a gull"), "deliver": true, "to": "team"})
	require.Equal(t, schema.WebChatReply{
		Error: "the answer was not delivered to team: it answered with the status 404", Payloads: []schema.WebChatPayload{{Text: "a gull", To: "team", Attempts: 1}},
	}, reply)
	reply = w.call(t, map[string]any{"text": answering("a stork"), "session": "third", "deliver": false, "to": "team"})
	require.Equal(t, schema.WebChatReply{OK: true, Payloads: []schema.WebChatPayload{{Text: "a stork"}}}, reply)
	reply = w.call(t, map[string]any{"text": script("exit 3"), "session": "fourth", "deliver": true, "to": "team"})
	require.False(t, reply.OK)
	require.Len(t, got, 1, "nothing else was sent")
	require.NotContains(t, s.log.String(), "hidden")
}

func TestWebhooksThatAreNoneKeepTheServerFromStarting(t *testing.T) {
	t.Parallel()
	secret := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(secret, []byte("short\n"), 0o600))
	for _, flags := range [][]string{
		{"--webhook=team"}, {"--webhook=http://127.0.0.1/"}, {"--webhook==http://127.0.0.1/"}, {"--webhook=team=ftp://127.0.0.1/"}, {"--webhook=a b=http://127.0.0.1/"},
		{"--webhook=a=http://127.0.0.1/", "--webhook=a=http://127.0.0.1/"}, {"--webhook=a=http://127.0.0.1/", "--webhook-secret-file=" + secret},
		{"--webhook=a=http://127.0.0.1/", "--webhook-secret-file=/nonexistent"}, {"--allow-embed=*"}, {"--allow-embed=http://a;script-src"}, {"--allow-embed=example.com"},
	} {
		require.NotEmpty(t, startRefused(t, nil, flags...))
	}
}
