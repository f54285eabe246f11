package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"spool/schema"
)

// askForWebChat asks everything about the web chat.
func (c *contract) askForWebChat() {
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))
	defer receiver.Close()
	s := startServer(c.t, "--webhook=team="+receiver.URL)
	token := "Authorization: Bearer " + s.webChat(c.t).token
	body := fmt.Sprintf(`{"text":%q,"session":"main","thinking":"high","deliver":true,"to":"team"}`, answering("a pelican"))
	require.Contains(c.t, c.ask(s, http.MethodPost, "/webchat/rpc", body, token).answer, `"delivered":true`)
	failed := fmt.Sprintf(`{"text":%q}`, script("exit 3"))
	require.Contains(c.t, c.ask(s, http.MethodPost, "/webchat/rpc", failed, "X-Webchat-Token: "+strings.TrimPrefix(token, "Authorization: Bearer ")).answer, `"ok":false`)
	require.Equal(c.t, http.StatusOK, c.ask(s, http.MethodGet, "/webchat/info", "").status)
	require.Equal(c.t, http.StatusOK, c.ask(s, http.MethodGet, "/webchat/history", "", token).status)
	require.Equal(c.t, http.StatusOK, c.ask(s, http.MethodGet, "/webchat/history?session=other", "", token).status)
	c.askWrong(s, http.StatusBadRequest, http.MethodGet, "/webchat/history?session=a%20b", "", token)
	for _, body := range []string{`{`, `{}`, `{"text":""}`, `{"text":"a","session":"a b"}`, `{"text":"a","thinking":"hard"}`, `{"text":"a","deliver":1}`} {
		c.askWrong(s, http.StatusBadRequest, http.MethodPost, "/webchat/rpc", body, token)
	}
	require.Contains(c.t, c.ask(s, http.MethodPost, "/webchat/rpc", `{"text":"a","deliver":true,"to":"nobody"}`, token).answer, string(schema.InvalidOption))
	c.askForTokens(s)
	c.askBusyWebChat()
}

// askForTokens asks without a token, and with wrong ones.
func (c *contract) askForTokens(s *server) {
	call := func(header ...string) int {
		return c.ask(s, http.MethodPost, "/webchat/rpc", `{"text":"a"}`, header...).status
	}
	history := func(header ...string) int { return c.ask(s, http.MethodGet, "/webchat/history", "", header...).status }
	require.Equal(c.t, []int{http.StatusUnauthorized, http.StatusUnauthorized}, []int{call(), history()})
	for _, ask := range []func(...string) int{call, history} {
		require.Eventually(c.t, func() bool { return ask("X-Webchat-Token: wrong") == http.StatusTooManyRequests }, patience, patience/10000)
	}
}

func (c *contract) askBusyWebChat() {
	s := startServer(c.t, "--max-connections=1")
	token := "X-Webchat-Token: " + s.webChat(c.t).token
	s.dial(c.t).next()
	require.Equal(c.t, http.StatusServiceUnavailable, c.ask(s, http.MethodPost, "/webchat/rpc", `{"text":"a"}`, token).status)
	id := s.newChat(c.t)
	require.Equal(c.t, http.StatusServiceUnavailable, c.ask(s, http.MethodGet, "/api/chats/"+id+"/stream", "").status)
	require.Equal(c.t, http.StatusServiceUnavailable, c.ask(s, http.MethodPost, "/api/chats/"+id+"/stream", uiMessage("a", "hi")).status)
}

// uiMessage is a message as the AI SDK sends it.
func uiMessage(id, text string) string {
	return fmt.Sprintf(`{"message":{"id":%q,"role":"user","parts":[{"type":"text","text":%q}]}}`, id, text)
}

// askForUIStreams asks for what the AI SDK shows.
func (c *contract) askForUIStreams() {
	s, g := startServer(c.t, "--allow-model=sonnet", "--allow-permission-mode=plan", "--max-budget=2"), newGate(c.t)
	id := s.newChat(c.t)
	path := "/api/chats/" + id
	require.Equal(c.t, http.StatusNoContent, c.ask(s, http.MethodGet, path+"/stream", "").status)
	options := `"options":{"model":"sonnet","effort":"low","permissionMode":"plan","maxBudgetUsd":1.5,"cwd":"","provider":"claude"}`
	body := strings.TrimSuffix(uiMessage("a", answering("a pelican")), "}") + `,"trigger":"submit-message",` + options + `}`
	x := c.ask(s, http.MethodPost, path+"/stream", body)
	require.Equal(c.t, http.StatusOK, x.status)
	require.True(c.t, strings.HasSuffix(x.answer, "data: [DONE]\n\n"), x.answer)
	run := s.newest(c.t)
	require.Equal(c.t, x.answer, c.ask(s, http.MethodGet, path+"/stream?run="+run, "").answer)
	require.Equal(c.t, "data: [DONE]\n\n", c.ask(s, http.MethodGet, path+"/stream?run="+run, "", "Last-Event-ID: 999").answer)
	again := `{"messages":[{"id":"a","role":"user","parts":[{"type":"text","text":"x"}]}],"trigger":"regenerate-message","messageId":"b"}`
	require.Equal(c.t, http.StatusOK, c.ask(s, http.MethodPost, path+"/stream", again).status)
	require.Equal(c.t, http.StatusConflict, c.ask(s, http.MethodPost, path+"/stream", uiMessage("a", "other")).status)
	require.Equal(c.t, http.StatusConflict, c.ask(s, http.MethodPost, path+"/abort", "").status)
	c.askWrongStreams(s, path)

	s.converseLater(c.t, id, script(g.wait(), say(initLine, assistant("late"), spent)))
	require.Equal(c.t, http.StatusConflict, c.ask(s, http.MethodPost, path+"/stream", uiMessage("c", "hi")).status)
	require.Equal(c.t, http.StatusAccepted, c.ask(s, http.MethodPost, path+"/abort", "").status)
	g.open()
	require.Equal(c.t, http.StatusNotFound, c.ask(s, http.MethodGet, "/api/chats/"+unknown+"/stream", "").status)
	require.Equal(c.t, http.StatusNotFound, c.ask(s, http.MethodGet, path+"/stream?run="+nobody, "").status)
	require.Equal(c.t, http.StatusNotFound, c.ask(s, http.MethodPost, "/api/chats/"+unknown+"/stream", uiMessage("a", "hi")).status)
	require.Equal(c.t, http.StatusNotFound, c.ask(s, http.MethodPost, "/api/chats/"+unknown+"/abort", "").status)
}

// converseLater sends a message whose answer waits for something.
func (s *server) converseLater(t testing.TB, id, content string) {
	t.Helper()
	socket := s.chat(t)
	socket.send(id, content)
	socket.expect("text")
}

// askWrongStreams sends what is no message.
func (c *contract) askWrongStreams(s *server, path string) {
	for _, body := range []string{
		`{`, `{"message":7}`, `{"message":{"role":"assistant","parts":[{"type":"text","text":"a"}]}}`, `{"message":{"role":"user","parts":[]}}`,
		`{"message":{"role":"user","parts":[{"type":"file","url":"a"}]}}`, `{"trigger":"x"}`, `{"messages":7}`,
		`{"message":{"id":"a b","role":"user","parts":[{"type":"text","text":"a"}]}}`,
	} {
		c.askWrong(s, http.StatusBadRequest, http.MethodPost, path+"/stream", body)
	}
	for body, code := range map[string]schema.Code{
		`{}`: schema.InvalidContent, `{"messages":[{"role":"assistant"}]}`: schema.InvalidContent, uiMessage("d", " "): schema.InvalidContent,
		`{"message":{"role":"user","parts":[{"type":"text","text":"a"}]},"options":{"queue":true}}`:                                          schema.ForbiddenOption,
		`{"message":{"role":"user","parts":[{"type":"text","text":"a"}]},"options":{"model":"opus"}}`:                                        schema.ForbiddenOption,
		`{"trigger":"regenerate-message","messages":[{"role":"user"},{"role":"user"},{"role":"user","parts":[{"type":"text","text":"a"}]}]}`: schema.InvalidContent,
	} {
		require.Contains(c.t, c.ask(s, http.MethodPost, path+"/stream", body).answer, string(code), body)
	}
	c.askWrong(s, http.StatusBadRequest, http.MethodGet, path+"/stream", "", "Last-Event-ID: x")
	c.askWrong(s, http.StatusNotFound, http.MethodGet, path+"/stream?run=x", "")
}
