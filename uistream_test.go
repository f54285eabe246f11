package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"spool/schema"
)

// part is a part of the AI SDK's stream, with the id of its event.
type part struct {
	event string
	text  string // as it came

	Type, ID, Delta, MessageID, ErrorText string
	MessageMetadata                       struct {
		Run   string
		State schema.State
	}
}

// parts reads a stream until a part of a type, or its end.
func parts(t testing.TB, in *bufio.Reader, until string) (all []part) {
	t.Helper()
	p := part{}
	for {
		line, err := in.ReadString('\n')
		require.NoError(t, err, "%v", all)
		if id, ok := strings.CutPrefix(line, "id: "); ok {
			p.event = strings.TrimSpace(id)
		}
		data, ok := strings.CutPrefix(line, "data: ")
		if !ok {
			continue
		}
		if p.text = strings.TrimSpace(data); p.text != "[DONE]" {
			require.NoError(t, json.Unmarshal([]byte(p.text), &p))
		}
		if all = append(all, p); p.Type == until || p.text == "[DONE]" {
			return all
		}
		p = part{}
	}
}

// ui opens a stream, and returns its reader and what it is.
func (s *server) ui(t testing.TB, method, path, body string, header ...string) (*bufio.Reader, *http.Response) {
	t.Helper()
	st, err := s.openStream(&http.Client{Transport: &http.Transport{}}, method, path, body, header...)
	require.NoError(t, err)
	t.Cleanup(st.close)
	require.Equal(t, http.StatusOK, st.answer.StatusCode)
	return st.in, st.answer
}

func types(all []part) (list []string) {
	for _, p := range all {
		list = append(list, p.Type)
	}
	return list
}

func TestAMessageIsAnsweredForTheAISDK(t *testing.T) {
	t.Parallel()
	s, g := startServer(t), newGate(t)
	id := s.newChat(t)
	deltas := say(initLine,
		`{"type":"stream_event","event":{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"a peli"}}}`)
	rest := say(`{"type":"stream_event","event":{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"can"}}}`, assistant("a pelican"), spent)
	prompt := script(deltas, g.wait(), rest)
	in, answer := s.ui(t, http.MethodPost, "/api/chats/"+id+"/stream", uiMessage("m1", prompt))
	require.Equal(t, "text/event-stream", answer.Header.Get("Content-Type"))
	require.Equal(t, "v1", answer.Header.Get("X-Vercel-AI-UI-Message-Stream"))
	require.Equal(t, "no-store", answer.Header.Get("Cache-Control"))
	require.Equal(t, "no", answer.Header.Get("X-Accel-Buffering"))
	first := parts(t, in, "text-delta")
	require.Equal(t, []string{"start", "text-start", "text-delta"}, types(first))
	run := first[0].MessageID

	other, _ := s.ui(t, http.MethodGet, "/api/chats/"+id+"/stream", "")
	require.Equal(t, first, parts(t, other, "text-delta"), "whoever resumes sees it from the beginning")
	later, _ := s.ui(t, http.MethodGet, "/api/chats/"+id+"/stream?run="+run, "", "Last-Event-ID: "+first[2].event)
	g.open()
	end := parts(t, in, "")
	require.Equal(t, []string{"text-delta", "text-end", "finish", ""}, types(end))
	require.Equal(t, schema.Succeeded, end[2].MessageMetadata.State)
	require.Equal(t, run, end[2].MessageMetadata.Run)
	require.Equal(t, end, parts(t, other, ""))
	require.Equal(t, end, parts(t, later, ""))
	all, _ := s.ui(t, http.MethodGet, "/api/chats/"+id+"/stream?run="+run, "")
	require.Equal(t, append(first, end...), parts(t, all, ""), "also later")
	status, _ := s.get(t, "/api/chats/"+id+"/stream")
	require.Equal(t, http.StatusNoContent, status)

	again, _ := s.ui(t, http.MethodPost, "/api/chats/"+id+"/stream", uiMessage("m1", prompt))
	require.Equal(t, append(first, end...), parts(t, again, ""), "the same message is the same run")
	require.Len(t, s.started(t), 1)
	s.awaitSockets(t, 0)
}

func TestAStreamForTheAISDKMayBeLeftAndAborted(t *testing.T) {
	t.Parallel()
	s, g := startServer(t), newGate(t)
	id := s.newChat(t)
	st, err := s.openStream(&http.Client{Transport: &http.Transport{}}, http.MethodPost, "/api/chats/"+id+"/stream", uiMessage("m1", script(say(initLine, assistant("one")), g.wait())))
	require.NoError(t, err)
	parts(t, st.in, "text-end")
	st.close()
	s.awaitSockets(t, 0)
	require.Equal(t, 1, s.health(t).Runs.Running)
	in, _ := s.ui(t, http.MethodGet, "/api/chats/"+id+"/stream", "")
	parts(t, in, "text-end")
	require.NotEmpty(t, s.chatAnswer(t, http.StatusAccepted, http.MethodPost, "/api/chats/"+id+"/abort", "").Run)
	end := parts(t, in, "")
	require.Equal(t, []string{"abort", "finish", ""}, types(end))
	require.Equal(t, schema.Aborted, end[1].MessageMetadata.State)
}

// Of all messages of a chat the last one is sent; an earlier one may be answered again, or
// another one take its place.
func TestTheAISDKsMessagesAreBranches(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--demo")
	id := s.newChat(t)
	message := func(id, role, text string) string {
		return fmt.Sprintf(`{"id":%q,"role":%q,"parts":[{"type":"text","text":%q}]}`, id, role, text)
	}
	first, second := message("m1", "user", "one"), message("m2", "user", "two")
	answered := func(body string) (prompts []string) {
		in, _ := s.ui(t, http.MethodPost, "/api/chats/"+id+"/stream", body)
		parts(t, in, "")
		for _, m := range s.messages(t, id).Messages {
			if m.Role == schema.RoleUser {
				prompts = append(prompts, m.Content)
			}
		}
		return prompts
	}
	require.Equal(t, []string{"one"}, answered(`{"messages":[`+first+`]}`))
	require.Equal(t, []string{"one", "two"}, answered(`{"messages":[`+first+`,{"role":"assistant","parts":[]},`+second+`],"trigger":"submit-message"}`))
	require.Equal(t, []string{"one", "two"}, answered(`{"messages":[`+first+`,`+second+`],"trigger":"regenerate-message","messageId":"a"}`))
	require.Equal(t, []string{"one", "three"}, answered(`{"messages":[`+first+`,`+message("m2", "user", "three")+`],"messageId":"m2"}`))
	require.Equal(t, []string{"one"}, answered(`{"messages":[`+first+`],"trigger":"regenerate-message"}`))
	require.Equal(t, []string{"four"}, answered(`{"messages":[`+message("m1", "user", "four")+`],"messageId":"m1"}`))
	require.Equal(t, []string{"four"}, answered(`{"trigger":"regenerate-message"}`))
	var all schema.MessageList
	s.getJSON(t, &all, http.StatusOK, http.MethodGet, "/api/chats/"+id+"/messages?all=true", "")
	require.Len(t, all.Messages, 8)
}

// All messages of a chat are more than others may send.
func TestTheAISDKMaySendAllMessages(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	id := s.newChat(t)
	long := strings.Repeat("x", 900_000)
	body := `{"messages":[{"role":"assistant","parts":[{"type":"text","text":"` + long + `"}]},` + strings.TrimPrefix(uiMessage("m", answering("a pelican")), `{"message":`)
	in, _ := s.ui(t, http.MethodPost, "/api/chats/"+id+"/stream", strings.TrimSuffix(body, "}")+"]}")
	require.Contains(t, types(parts(t, in, "")), "finish")
	answer, text, err := s.tryDo(http.MethodPost, "/api/chats/"+id+"/tags", `{"tags":["`+long+`"]}`)
	if err == nil { // the server may close while the client still writes
		requireRefusal(t, answer, text, http.StatusRequestEntityTooLarge, schema.TooLarge)
	}
}
