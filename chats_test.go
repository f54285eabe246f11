package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spool/schema"
)

// chatAnswer reads the answer about one conversation.
func (s *server) chatAnswer(t testing.TB, status int, method, path, body string) schema.Chat {
	t.Helper()
	var a schema.ChatAnswer
	s.getJSON(t, &a, status, method, path, body)
	return a.Chat
}

// converse sends a message and returns its run's end.
func (s *server) converse(t testing.TB, id, content string, more ...string) said {
	t.Helper()
	c := s.chat(t)
	c.send(id, content, more...)
	end := c.expect("complete")
	require.True(t, end.Success, end.text)
	return end
}

func TestAConversationIsMadeChangedAndDeletedOverHTTP(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--allow-model=sonnet")
	watcher := s.chat(t)
	watcher.say(`{"type":"chat.create","title":"first"}`)
	watcher.expect("session_upserted")
	made := s.chatAnswer(t, http.StatusCreated, http.MethodPost, "/api/chats", `{"name":"A","icon":"🙂","system":"be kind","options":{"model":"sonnet","effort":"low"}}`)
	require.Equal(t, []string{"A", "A", "🙂", "be kind", "sonnet"}, []string{made.Name, made.Title, made.Icon, made.System, made.Options.Model})
	require.Equal(t, made.ID, watcher.expect("session_upserted").session())
	path := "/api/chats/" + made.ID
	changed := s.chatAnswer(t, http.StatusOK, http.MethodPut, path, `{"name":"B","icon":""}`)
	require.Equal(t, []string{"B", ""}, []string{changed.Name, changed.Icon})
	require.Equal(t, "B", watcher.expect("session_upserted").Session.Title)
	require.Equal(t, []string{"x", "y"}, s.chatAnswer(t, http.StatusOK, http.MethodPut, path+"/tags", `{"tags":["x","y","x"]}`).Tags)
	require.True(t, s.chatAnswer(t, http.StatusOK, http.MethodPut, path+"/star", `{"starred":true}`).Starred)
	require.Equal(t, s.chatAnswer(t, http.StatusOK, http.MethodGet, path, ""), s.chatList(t)[0], "the latest change first")
	require.Len(t, s.chatList(t), 2)
	answer, text := s.do(t, http.MethodDelete, path, "")
	require.Equal(t, http.StatusNoContent, answer.StatusCode, text)
	require.Equal(t, made.ID, watcher.expect("session_deleted").session())
	answer, text = s.do(t, http.MethodGet, path, "")
	requireRefusal(t, answer, text, http.StatusNotFound, schema.SessionNotFound)
	require.Len(t, s.chatList(t), 1)
}

func TestAConversationIsMadeOnceThoughItsAnswerIsLost(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	ids := map[string]bool{}
	for range 2 {
		c := s.chat(t)
		c.say(`{"type":"chat.create","title":"A","clientRequestId":"c-1"}`)
		made := c.expect("session_upserted")
		require.Contains(t, made.text, `"clientRequestId":"c-1"`)
		ids[made.session()] = true
		c.say(`{"type":"chat.create","from":%q,"clientRequestId":"c-2"}`, nobodys)
		require.Contains(t, c.expect("protocol_error").text, `"clientRequestId":"c-2"`)
	}
	var made schema.SessionCreated
	s.getJSON(t, &made, http.StatusCreated, http.MethodPost, "/api/providers/sessions", `{"clientRequestId":"c-1"}`)
	ids[made.SessionID] = true
	require.Len(t, ids, 1)
	require.Len(t, s.chatList(t), 1)
}

func (s *server) chatList(t testing.TB) []schema.Chat {
	t.Helper()
	var list schema.ChatList
	s.getJSON(t, &list, http.StatusOK, http.MethodGet, "/api/chats", "")
	return list.Chats
}

func TestBranchesOfAConversationOverHTTP(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	id := s.newChat(t)
	first := s.converse(t, id, answering("one"))
	root := s.messages(t, id).Messages[0].ID
	second := s.converse(t, id, answering("two"), `,"parent":""`)
	require.NotEqual(t, first.Head, second.Head)
	var all schema.MessageList
	s.getJSON(t, &all, http.StatusOK, http.MethodGet, "/api/chats/"+id+"/messages?all=true", "")
	require.Len(t, all.Messages, 4)
	require.Equal(t, second.Head, *all.Head)
	path := "/api/chats/" + id
	answer, text := s.do(t, http.MethodPut, path, fmt.Sprintf(`{"head":%q,"expectedHead":%q}`, first.Head, first.Head))
	requireRefusal(t, answer, text, http.StatusConflict, schema.HeadMoved)
	changed := s.chatAnswer(t, http.StatusOK, http.MethodPut, path, fmt.Sprintf(`{"head":%q,"expectedHead":%q}`, first.Head, second.Head))
	require.Equal(t, first.Head, changed.Head)
	require.Equal(t, root, s.messages(t, id).Messages[0].ID)
	c := s.chat(t)
	c.send(id, "late", fmt.Sprintf(`,"expectedHead":%q`, second.Head))
	c.refused(schema.HeadMoved)
	answer, text = s.do(t, http.MethodPut, path, fmt.Sprintf(`{"head":%q}`, nobodys))
	requireRefusal(t, answer, text, http.StatusNotFound, schema.NotFound)
	branch := s.chatAnswer(t, http.StatusCreated, http.MethodPost, "/api/chats", fmt.Sprintf(`{"starting_head":%q}`, first.Head))
	require.Equal(t, []any{first.Head, 2}, []any{branch.Head, branch.MessageCount})
}

func TestWhatIsKnownOfConversationsOverHTTP(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	require.JSONEq(t, `{"messages":[],"head":null}`, s.body(t, "/api/messages"), "there is none")
	id := s.newChat(t)
	s.converse(t, id, answering("a pelican at sea"))
	require.Equal(t, id, s.messages(t, "").Chat, "the latest")

	var list schema.ConversationList
	s.getJSON(t, &list, http.StatusOK, http.MethodGet, "/api/conversations", "")
	var metadata schema.ConversationMetadata
	s.getJSON(t, &metadata, http.StatusOK, http.MethodGet, "/api/conversations/"+id+"/metadata", "")
	require.Equal(t, []schema.ConversationMetadata{metadata}, list.Conversations)
	require.Equal(t, []any{id, 2, "a pelican at sea"}, []any{metadata.ID, metadata.MessageCount, *metadata.Preview})
	require.InDelta(t, time.Now().Unix(), metadata.UpdatedAt, 60)

	var found schema.FoundList
	s.getJSON(t, &found, http.StatusOK, http.MethodGet, "/api/search?q=PELI", "")
	require.NotEmpty(t, found.Results)
	require.Equal(t, id, found.Results[0].Conversation)
	s.getJSON(t, &found, http.StatusOK, http.MethodGet, `/api/search?q=%22%20AND%20(&limit=1`, "")
	require.Empty(t, found.Results)
	var usage schema.UsageList
	s.getJSON(t, &usage, http.StatusOK, http.MethodGet, "/api/usage?by=day,model,conversation,meta&from=2020-01-01&to=2100-01-01T00:00:00Z", "")
	require.NotNil(t, usage.Usage)

	answer, text := s.do(t, http.MethodGet, "/api/chats/"+id+"/export?format=markdown", "")
	require.Equal(t, `attachment; filename="`+id+`.md"`, answer.Header.Get("Content-Disposition"))
	require.Equal(t, "text/markdown; charset=utf-8", answer.Header.Get("Content-Type"))
	require.Contains(t, text, "a pelican at sea")
	for _, way := range []string{"?format=json", ""} {
		answer, text = s.do(t, http.MethodGet, "/api/chats/"+id+"/export"+way, "", "Accept: application/json")
		require.Equal(t, `attachment; filename="`+id+`.json"`, answer.Header.Get("Content-Disposition"))
		var whole schema.MessageList
		require.NoError(t, json.Unmarshal([]byte(text), &whole))
		require.Len(t, whole.Messages, 2)
	}
}

// body returns the answer to a plain request that is served.
func (s *server) body(t testing.TB, path string) string {
	t.Helper()
	status, body := s.get(t, path)
	require.Equal(t, http.StatusOK, status, string(body))
	return string(body)
}

func TestBadRequestsAboutConversationsAreRefused(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	id := s.newChat(t)
	for _, path := range []string{
		"/api/search", "/api/search?q=", "/api/search?q=%20", "/api/search?q=a&limit=0", "/api/search?q=a&limit=x", "/api/search?q=" + strings.Repeat("x", 201), "/api/search?q=%ff",
		"/api/usage?by=user", "/api/usage?by=day,", "/api/usage?from=x", "/api/usage?to=2026-13-01", "/api/chats/" + id + "/export?format=pdf",
	} {
		answer, text := s.do(t, http.MethodGet, path, "")
		requireRefusal(t, answer, text, http.StatusBadRequest, schema.BadRequest)
	}
	answer, text := s.do(t, http.MethodGet, "/api/chats/"+id+"/export", "", "Accept: image/png")
	requireRefusal(t, answer, text, http.StatusBadRequest, schema.BadRequest)
	for body, code := range map[string]schema.Code{
		`{`: schema.InvalidJSON, `{"name":7}`: schema.InvalidOption, `{"icon":"` + strings.Repeat("x", 17) + `"}`: schema.InvalidOption, `{"name":"a\u0000"}`: schema.InvalidOption,
	} {
		for _, door := range []string{"POST /api/chats", "PUT /api/chats/" + id} {
			method, path, _ := strings.Cut(door, " ")
			answer, text := s.do(t, method, path, body)
			requireRefusal(t, answer, text, http.StatusBadRequest, code)
		}
	}
	for body, code := range map[string]schema.Code{
		`{"provider":"codex"}`: schema.UnsupportedProvider, `{"options":{"env":{}}}`: schema.ForbiddenOption, `{"options":{"model":"opus"}}`: schema.ForbiddenOption,
	} {
		answer, text := s.do(t, http.MethodPost, "/api/providers/sessions", body)
		requireRefusal(t, answer, text, http.StatusBadRequest, code)
	}
	require.Len(t, s.chatList(t), 1)
}

func TestLinesEndAtALine(t *testing.T) {
	t.Parallel()
	s, g := startServer(t), newGate(t)
	id := s.start(t, script("seq 1 9", g.wait()))
	whole := strings.Fields("1 2 3 4 5 6 7 8 9")
	for _, ended := range []bool{false, true} { // of one that goes on too
		for _, r := range [][2]int{{0, 1}, {0, 9}, {3, 4}, {3, 8}, {8, 9}} {
			path := fmt.Sprintf("/api/runs/%s/lines?from=%d&to=%d", id, r[0], r[1])
			_, text := s.do(t, http.MethodGet, path, "", "Accept: text/plain")
			require.Equal(t, strings.Join(whole[r[0]:r[1]], "\n")+"\n", text)
			_, text = s.do(t, http.MethodGet, path, "", "Accept: "+acceptNDJSON)
			require.Equal(t, r[1]-r[0], strings.Count(text, `"t":"line"`))
			require.NotContains(t, text, `"t":"end"`)
			_, text = s.do(t, http.MethodGet, path, "")
			require.Contains(t, text, fmt.Sprintf("id: %d\n", r[1]))
			require.NotContains(t, text, "id: end")
		}
		if !ended {
			g.open()
			s.awaitEnd(t, id, schema.Succeeded, "")
		}
	}
	_, text := s.do(t, http.MethodGet, "/api/runs/"+id+"/lines?to=99", "", "Accept: "+acceptNDJSON)
	require.Contains(t, text, `"t":"end"`)
	answer, _ := s.do(t, http.MethodGet, "/api/runs/"+id+"/lines?to=4", "", "Last-Event-ID: 4")
	require.Equal(t, http.StatusNoContent, answer.StatusCode)
	for _, to := range []string{"0", "-1", "x", "1.5", "99999999999999999999"} {
		answer, text := s.do(t, http.MethodGet, "/api/runs/"+id+"/lines?to="+to, "")
		requireRefusal(t, answer, text, http.StatusBadRequest, schema.BadRequest)
	}
}
