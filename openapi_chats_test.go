package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"

	"github.com/stretchr/testify/require"

	"spool/schema"
)

// spent is the end of an answer that took something.
const spent = `{"type":"result","subtype":"success","is_error":false,"result":"done","session_id":"s","num_turns":1,"total_cost_usd":0.5,"usage":{"input_tokens":1,"output_tokens":2},` +
	`"modelUsage":{"claude-m":{"inputTokens":1,"outputTokens":2,"cacheReadInputTokens":0,"cacheCreationInputTokens":0,"costUSD":0.5}}}`

// askForChats asks everything about conversations.
func (c *contract) askForChats() {
	s := startServer(c.t, "--allow-model=sonnet", "--allow-permission-mode=plan", "--max-budget=2")
	require.Equal(c.t, http.StatusOK, c.ask(s, http.MethodGet, "/api/messages", "").status, "there are none")
	id := c.makeChats(s)
	head := c.fillChat(s, id)
	c.changeChat(s, id, head)
	c.readChat(s, id)
	c.askForApprovals(s)
	c.askForNoChat(s)
	require.Equal(c.t, http.StatusNoContent, c.ask(s, http.MethodDelete, "/api/chats/"+id, "").status)
}

// makeChats makes conversations in every way, and returns the last one.
func (c *contract) makeChats(s *server) string {
	require.NoError(c.t, os.MkdirAll(filepath.Join(s.dir, "workspace", "sub"), 0o700))
	options := `{"model":"sonnet","effort":"low","permissionMode":"plan","maxBudgetUsd":1.5,"cwd":"sub","provider":"claude"}`
	for _, body := range []string{"", `{}`, `{"name":"A","icon":"🙂","system":"be kind","starting_head":"","options":` + options + `}`} {
		require.Equal(c.t, http.StatusCreated, c.ask(s, http.MethodPost, "/api/chats", body).status)
	}
	c.ask(s, http.MethodPost, "/api/providers/sessions", "")
	x := c.ask(s, http.MethodPost, "/api/providers/sessions", `{"title":"pelicans","icon":"🙂","system":"be kind","from":"","clientRequestId":"c-1","provider":"claude","options":`+options+`}`)
	var made schema.SessionCreated
	require.NoError(c.t, json.Unmarshal([]byte(x.answer), &made))
	return made.SessionID
}

// fillChat has a conversation answer, and returns its head.
func (c *contract) fillChat(s *server, id string) (head string) {
	socket := s.chat(c.t)
	socket.send(id, script(say(initLine, assistant("a pelican"), spent)))
	head = socket.expect("complete").Head
	c.ask(s, http.MethodGet, "/api/runs/"+s.newest(c.t), "")
	return head
}

func (c *contract) changeChat(s *server, id, head string) {
	path := "/api/chats/" + id
	c.ask(s, http.MethodPut, path, fmt.Sprintf(`{"name":"pelicans at sea","icon":"","head":%q,"expectedHead":%q}`, head, head))
	require.Equal(c.t, http.StatusConflict, c.ask(s, http.MethodPut, path, fmt.Sprintf(`{"name":"B","expectedHead":%q}`, nobodys)).status)
	require.Equal(c.t, http.StatusNotFound, c.ask(s, http.MethodPut, path, fmt.Sprintf(`{"head":%q}`, nobodys)).status)
	c.askWrong(s, http.StatusBadRequest, http.MethodPut, path, `{"name":7}`)
	c.ask(s, http.MethodPut, path+"/tags", `{"tags":["x"]}`)
	c.askWrong(s, http.StatusBadRequest, http.MethodPut, path+"/tags", `{"tags":"x"}`)
	c.ask(s, http.MethodPut, path+"/star", `{"starred":true}`)
	c.askWrong(s, http.StatusBadRequest, http.MethodPut, path+"/star", `{"starred":"true"}`)
	c.ask(s, http.MethodPut, path+"/star", `{"starred":true,"unknown":1}`)
	for body, code := range map[string]schema.Code{
		`{"options":{"env":{}}}`: schema.ForbiddenOption, `{"name":"a","name":"b"}`: schema.InvalidJSON, `{"options":{"model":"opus"}}`: schema.ForbiddenOption,
	} {
		for _, path := range []string{"/api/chats", "/api/providers/sessions"} {
			require.Contains(c.t, c.ask(s, http.MethodPost, path, body).answer, string(code))
		}
	}
	c.askWrong(s, http.StatusBadRequest, http.MethodPost, "/api/providers/sessions", `{"provider":"codex"}`)
	require.Equal(c.t, http.StatusNotFound, c.ask(s, http.MethodPost, "/api/chats", fmt.Sprintf(`{"starting_head":%q}`, nobodys)).status)
	require.Equal(c.t, http.StatusNotFound, c.ask(s, http.MethodPost, "/api/providers/sessions", fmt.Sprintf(`{"from":%q}`, nobodys)).status)
}

func (c *contract) readChat(s *server, id string) {
	path := "/api/chats/" + id
	for _, path := range []string{
		"/api/chats", path, path + "/messages", path + "/messages?all=true", path + "/export?format=json", "/api/messages?chat=" + id, "/api/messages", "/api/conversations",
		"/api/conversations/" + id + "/metadata", "/api/search?q=pelican&limit=9", "/api/usage", "/api/usage?by=day,model,conversation,meta&from=2020-01-01&to=2100-01-01T00:00:00Z&meta=CHAT",
		"/api/usage?by=day&model=claude-m&conversation=" + id,
	} {
		require.Equal(c.t, http.StatusOK, c.ask(s, http.MethodGet, path, "").status, path)
	}
	require.Contains(c.t, c.ask(s, http.MethodGet, path+"/export", "", "Accept: text/markdown").answer, "a pelican")
	require.Equal(c.t, http.StatusBadRequest, c.ask(s, http.MethodGet, path+"/export", "", "Accept: image/png").status)
	for _, path := range []string{path + "/export?format=pdf", "/api/search", "/api/search?q=", "/api/search?q=a&limit=0", "/api/usage?by=user", "/api/usage?from=x"} {
		c.askWrong(s, http.StatusBadRequest, http.MethodGet, path, "")
	}
}

// askForApprovals asks while two requests for approvals are open, and a message waits.
func (c *contract) askForApprovals(s *server) {
	socket := s.chat(c.t)
	other := s.newChat(c.t)
	asked, denied := socket.asks(other), socket.asks(s.newChat(c.t))
	socket.send(other, "next", `,"options":{"queue":true}`)
	require.Eventually(c.t, func() bool {
		return s.chatAnswer(c.t, http.StatusOK, http.MethodGet, "/api/chats/"+other, "").Queued == 1
	}, patience, patience/1000)
	c.ask(s, http.MethodGet, "/api/chats", "")
	c.ask(s, http.MethodGet, "/api/chats/"+other+"/export", "")
	x := c.send(s, http.MethodPut, "/api/chats/"+other, `{"head":""}`)
	require.Equal(c.t, http.StatusConflict, x.status)
	require.Contains(c.t, x.answer, string(schema.RunInProgress))
	c.ask(s, http.MethodGet, "/api/runs?state=waiting", "")

	c.ask(s, http.MethodGet, "/api/approvals", "")
	c.ask(s, http.MethodGet, "/api/approvals?chat="+other, "")
	path := "/api/approvals/" + asked.RequestID
	c.askWrong(s, http.StatusBadRequest, http.MethodPost, path, `{"allow":"true"}`)
	c.ask(s, http.MethodPost, path, `{"allow":true,"updatedInput":{"command":"true"},"rememberEntry":`+suggestion+`}`)
	require.Equal(c.t, http.StatusConflict, c.ask(s, http.MethodPost, path, `{"allow":true}`).status)
	c.ask(s, http.MethodPost, "/api/approvals/"+denied.RequestID, `{"allow":false,"message":"not here"}`)
	c.ask(s, http.MethodGet, "/api/approvals/"+denied.RequestID, "")
}

// askForNoChat asks for what is not there.
func (c *contract) askForNoChat(s *server) {
	for _, path := range []string{
		"/api/chats/" + unknown, "/api/chats/" + unknown + "/messages", "/api/chats/" + unknown + "/export", "/api/messages?chat=" + unknown, "/api/conversations/" + unknown + "/metadata",
		"/api/approvals?chat=" + unknown, "/api/approvals/" + gone,
	} {
		require.Equal(c.t, http.StatusNotFound, c.ask(s, http.MethodGet, path, "", "Accept: application/json").status, path)
	}
	c.askWrong(s, http.StatusNotFound, http.MethodGet, "/api/usage?conversation=x", "")
	c.askWrong(s, http.StatusNotFound, http.MethodGet, "/api/chats/x", "")
	require.Equal(c.t, http.StatusNotFound, c.ask(s, http.MethodDelete, "/api/chats/"+unknown, "").status)
	for path, body := range map[string]string{"": `{"name":"a"}`, "/tags": `{"tags":[]}`, "/star": `{"starred":false}`} {
		require.Equal(c.t, http.StatusNotFound, c.ask(s, http.MethodPut, "/api/chats/"+unknown+path, body).status)
	}
	require.Equal(c.t, http.StatusNotFound, c.ask(s, http.MethodPost, "/api/approvals/"+gone, `{"allow":true}`).status)
}
