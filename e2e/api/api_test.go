package api

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var client = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}

// post sends a prompt in the way the CLI does, with a reminder before it.
func post(t *testing.T, s *Server, prompt string, stream bool) (int, string) {
	t.Helper()
	body, err := json.Marshal(object{"model": "m", "stream": stream, "messages": []object{
		{"role": "user", "content": []object{{"type": "text", "text": "a reminder"}, {"type": "text", "text": prompt}}},
		{"role": "system", "content": "agents and skills"},
	}})
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.URL()+"/v1/messages?beta=true", strings.NewReader(string(body)))
	require.NoError(t, err)
	res, err := client.Do(req)
	require.NoError(t, err)
	defer func() { _ = res.Body.Close() }()
	answer, _ := io.ReadAll(res.Body) // broken off by [[cut]]
	return res.StatusCode, string(answer)
}

func start(t *testing.T) *Server {
	t.Helper()
	t.Parallel()
	s, err := Start()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

func TestAStreamHasItsEventsInOrder(t *testing.T) {
	status, answer := post(t, start(t), "[[words 2]]", true)

	require.Equal(t, http.StatusOK, status)
	var kinds []string
	for line := range strings.Lines(answer) {
		if kind, ok := strings.CutPrefix(strings.TrimSpace(line), "event: "); ok {
			kinds = append(kinds, kind)
		}
	}
	require.Equal(t, []string{
		"message_start", "content_block_start", "content_block_delta", "content_block_delta",
		"content_block_stop", "message_delta", "message_stop",
	}, kinds)
}

func TestThePromptSaysWhatIsAnswered(t *testing.T) {
	s := start(t)
	for prompt, want := range map[string]string{
		"hello":             Greeting,
		"a [[words 3]] b":   "1 2 3 ",
		"[[bytes 100]]":     "0 the quick brown fox",
		"[[halves 100 1s]]": "0 the quick brown fox",
		"[[bash a; b]]":     `"command":"a; b"`,
		"[[cut]]":           "broken mended",
		"[[nothing known]]": "invalid_request_error",
		"[[think hm]]":      Greeting,
		"[[read /x]]":       `"file_path":"/x"`,
	} {
		_, answer := post(t, s, prompt, false)
		require.Contains(t, answer, want, prompt)
	}
	status, answer := post(t, s, "[[status 529]]", true)
	require.Equal(t, 529, status)
	require.Contains(t, answer, "overloaded_error")
}

func TestACutStreamHasNoEnd(t *testing.T) {
	_, answer := post(t, start(t), "[[cut]]", true)
	require.Contains(t, answer, "broken")
	require.NotContains(t, answer, "message_stop")
}

func TestAHeldAnswerWaitsForItsRelease(t *testing.T) {
	s := start(t)
	go func() {
		if _, err := s.Await(t.Context(), 1); err == nil {
			s.Release()
		}
	}()
	_, answer := post(t, s, "[[hold]]", true)
	require.Contains(t, answer, "released")
}

func TestHalvesWaitInTheMiddle(t *testing.T) {
	s := start(t)
	go func() {
		if _, err := s.Await(t.Context(), 1); err == nil {
			s.Release()
		}
	}()
	_, answer := post(t, s, "[[halves 16384 1ms]]", true)
	require.Equal(t, 4, strings.Count(answer, "event: content_block_delta"))
	require.Contains(t, answer, "message_stop")
}

func TestTheRequestIsKeptAsItCame(t *testing.T) {
	s := start(t)
	post(t, s, "hello", true)

	requests := s.Requests()
	require.Len(t, requests, 1)
	require.True(t, requests[0].Stream)
	require.Equal(t, []Block{{"text", "a reminder"}, {"text", "hello"}}, requests[0].User().Blocks)
	require.Len(t, requests[0].Messages, 2)
}

func TestSeveralDirectivesAreOneAnswer(t *testing.T) {
	_, answer := post(t, start(t), "[[think let me see]] [[bash a]] [[bash b]] [[usage 1000 500]]", false)

	var message struct {
		Content []struct {
			Type, ID, Thinking, Signature string
			Input                         struct{ Command string }
		}
		Usage struct {
			Input int `json:"input_tokens"`
		}
		StopReason string `json:"stop_reason"`
	}
	require.NoError(t, json.Unmarshal([]byte(answer), &message))
	require.Len(t, message.Content, 3)
	require.Equal(t, "let me see", message.Content[0].Thinking)
	require.NotEmpty(t, message.Content[0].Signature)
	require.Equal(t, "a", message.Content[1].Input.Command)
	require.Equal(t, "b", message.Content[2].Input.Command)
	require.NotEqual(t, message.Content[1].ID, message.Content[2].ID)
	require.Equal(t, 1000, message.Usage.Input)
	require.Equal(t, "tool_use", message.StopReason)
}

func TestAStreamHasEveryBlock(t *testing.T) {
	_, answer := post(t, start(t), "[[think hm hm]] [[bash a]] [[usage 1000 500]]", true)

	for _, one := range []string{
		`"index":0`, `"thinking":"hm "`, `"type":"signature_delta"`, `"index":1`, `"name":"Bash"`, `"input":{}`, `"input_tokens":1000`, `"output_tokens":500`,
	} {
		require.Contains(t, answer, one)
	}
	require.Equal(t, 2, strings.Count(answer, "event: content_block_stop"))
}

// converse sends a whole conversation.
func converse(t *testing.T, s *Server, messages ...object) string {
	t.Helper()
	body, err := json.Marshal(object{"model": "m", "messages": messages})
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.URL()+"/v1/messages", strings.NewReader(string(body)))
	require.NoError(t, err)
	res, err := client.Do(req)
	require.NoError(t, err)
	defer func() { _ = res.Body.Close() }()
	answer, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return string(answer)
}

func TestOnlyWhatIsNewInTheLastMessageIsAnswered(t *testing.T) {
	s := start(t)
	result := object{"type": "tool_result", "tool_use_id": "a", "content": "[[status 400]]"}
	text := func(text string) object { return object{"type": "text", "text": text} }
	for want, content := range map[string]any{
		ToolDone:                []object{result},
		"1 2 3 ":                []object{text("[[status 400]]"), result, text("[[words 3]]")},
		"1 2 3 4 ":              "[[status 400]]\n\n[Request interrupted by user for tool use]\n\n[[words 4]]",
		"invalid_request_error": []object{text("[Request interrupted by user]"), text("[[status 400]]")},
	} {
		require.Contains(t, converse(t, s, object{"role": "user", "content": content}), want)
	}
}

func TestHistoryIsWhatWasSaid(t *testing.T) {
	s := start(t)
	converse(t, s,
		object{"role": "user", "content": []object{{"type": "text", "text": "<system-reminder>\nx"}, {"type": "text", "text": "one"}}},
		object{"role": "assistant", "content": []object{{"type": "tool_use", "id": "a", "name": "Bash", "input": object{}}}},
		object{"role": "user", "content": []object{{"type": "tool_result", "tool_use_id": "a", "content": "y"}}},
		object{"role": "assistant", "content": []object{{"type": "thinking", "thinking": "z"}, {"type": "text", "text": "first"}, {"type": "text", "text": "second"}}},
		object{"role": "user", "content": "two"},
		object{"role": "system", "content": "agents and skills"},
	)
	require.Equal(t, []string{"user: one", "assistant: first\nsecond", "user: two"}, s.Requests()[0].History())
}

func TestAFailureHappensOnce(t *testing.T) {
	s := start(t)
	for _, want := range []int{http.StatusBadRequest, http.StatusOK, http.StatusOK} {
		status, answer := post(t, s, "[[fail 400]]", false)
		require.Equal(t, want, status)
		require.Equal(t, want == http.StatusOK, strings.Contains(answer, Greeting))
	}
}
