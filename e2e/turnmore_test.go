//go:build linux

package e2e

import (
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"spool/e2e/api"
)

// kindsOf are the kinds of a run's frames, each once if it comes several times in a row.
func (c *chatter) kindsOf(run string) (kinds []string) {
	for _, f := range c.seen {
		if f.RunID == run {
			kinds = append(kinds, f.Kind)
		}
	}
	return slices.Compact(kinds)
}

func TestChat_TheFramesOfATurnTellWhatTheModelAndItsToolsDo(t *testing.T) {
	w := newWorld(t)
	s := w.serve("--allowed-tools=Bash")
	id, c := s.open(), s.chat()
	end := c.turn(id, "[[words 5]]")
	require.Equal(t, []string{"text", "status", "stream_delta", "text", "stream_end", "complete"}, c.kindsOf(end.RunID))
	require.Equal(t, "1 2 3 4 5 ", c.text(end.RunID))
	texts := c.of(end.RunID, "text")
	require.Equal(t, []string{"user", "assistant", "1 2 3 4 5 "}, []string{texts[0].Role, texts[1].Role, texts[1].Content})

	end = c.turn(id, "[[think about it]] [[bash echo hi; exit 3]]")
	t.Log(c.kindsOf(end.RunID)); for _, r := range w.api.Requests() { t.Logf("%.3000q", r.Messages) }
	require.Equal(t, "about it", c.of(end.RunID, "thinking")[0].Content)
	require.Equal(t, "Bash", c.of(end.RunID, "tool_use")[0].ToolName)
	result := c.of(end.RunID, "tool_result")
	require.Len(t, result, 1)
	require.True(t, result[0].ToolResult.IsError)
	require.Contains(t, result[0].ToolResult.Content, "hi")
	require.Equal(t, []string{"user: [[think about it]] [[bash echo hi; exit 3]]", "assistant: " + api.ToolDone}, s.messages(id)[2:])
}

func TestChat_AMessageIsDataByteForByte(t *testing.T) {
	w := newWorld(t)
	s := w.serve()
	id, c := s.open(), s.chat()
	for _, prompt := range append(prompts, strings.Repeat("x", 48<<10)) {
		c.turn(id, prompt)
		require.Equal(t, []string{prompt}, promptBlocks(last2(w.api.Requests())))
	}
	require.Len(t, s.messages(id), 2*len(prompts)+2)
	require.Len(t, w.claudes(), 1)
}

func last2(all []api.Request) api.Request { return all[len(all)-1] }

func TestChat_AFailureOfTheAPIIsToldAndTheNextMessageWorks(t *testing.T) {
	w := newWorld(t)
	s := w.serve()
	id, c := s.open(), s.chat()
	c.turn(id, "one")
	c.send(id, "[[fail 400]]")
	end := c.until("complete")
	require.False(t, end.Success)
	require.Equal(t, "API_ERROR", end.Code)
	require.Len(t, c.of(end.RunID, "error"), 1)
	c.turn(id, "two")
	t.Log(w.lastRequest())
	require.Equal(t, firstTurn("one"), w.lastRequest()[:2])
	require.Contains(t, last(w.lastRequest()), "two")
	t.Log(s.messages(id))
	require.Len(t, w.claudes(), 1)
}

func TestChat_AnotherDirectoryForOneMessage(t *testing.T) {
	w := newWorld(t)
	s := w.serve("--allowed-tools=Bash")
	require.NoError(t, os.Mkdir(filepath.Join(w.workspace, "sub"), 0o700))
	id, c := s.open(), s.chat()
	c.turn(id, "one")
	c.turn(id, "[[bash pwd > here]]", fields{"options": fields{"cwd": "sub"}})
	require.FileExists(t, filepath.Join(w.workspace, "sub", "here"))
	t.Log(w.lastRequest())
	c.turn(id, "three")
	t.Log(w.lastRequest())
	require.Contains(t, strings.Join(w.lastRequest(), "\n"), "one")
	for _, dir := range []string{"..", "/", "here", "nowhere"} {
		c.send(id, "four", fields{"options": fields{"cwd": dir}})
		require.Equal(t, "INVALID_OPTION", c.refused())
	}
}

func TestChat_ATaskInTheBackgroundTakesNoAnswerForItsOwn(t *testing.T) {
	w := newWorld(t)
	s := w.serve("--allowed-tools=Bash", "--result-grace=500ms")
	id, c := s.open(), s.chat()
	file := filepath.Join(w.workspace, "go")
	c.turn(id, "[[background until [ -e "+file+" ]; do sleep 0.05; done]]")
	pids := w.claudes()
	require.Equal(t, "1 2 ", c.turn(id, "[[words 2]]").Result)
	t.Log(pids, w.claudes())
	n := len(w.api.Requests())
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	_, err := w.api.Await(t.Context(), n+1) // the CLI takes a turn by itself
	require.NoError(t, err)
	require.Equal(t, "1 2 3 ", c.turn(id, "[[words 3]]").Result)
	t.Log(pids, w.claudes(), w.lastRequest())
	require.Equal(t, []string{"user: [[words 2]]", "assistant: 1 2 ", "user: [[words 3]]", "assistant: 1 2 3 "}, s.messages(id)[2:])
}

func TestChat_AConversationTakesAProcessThatIsStartedAlready(t *testing.T) {
	w := newWorld(t)
	s := w.serve(warm)
	c := s.chat()
	c.turn(s.open(), "one")
	require.True(t, eventually(patience, func() bool { return s.health().Warm.Waiting == 2 }))
	id := s.open()
	one := c.turn(id, "[[words 3]]")
	_ = one
	t.Logf("%+v", s.health().Warm)
}

func TestChat_OverHTTPAndThreads(t *testing.T) {
	w := newWorld(t)
	s := w.serve()
	c := s.chat()
	c.say("create_chat", fields{"name": "A"})
	c.say("send_message", fields{"content": "one"})
	c.say("send_message", fields{"content": "two"})
	c.say("generate_llm_response", fields{})
	require.True(t, eventually(patience, func() bool { return len(w.claudes()) == 1 }))
	var list struct {
		Messages []struct{ Role, Content string }
	}
	require.True(t, eventually(patience, func() bool {
		s.get(&list, http.StatusOK, http.MethodGet, "/api/messages", nil)
		return len(list.Messages) == 3
	}))
	require.Equal(t, []string{"user: one\n\ntwo"}, w.lastRequest())
}
