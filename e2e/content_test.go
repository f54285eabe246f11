//go:build linux

package e2e

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"spool/e2e/api"
)

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
	require.Equal(t, []string{
		"text", "status", "stream_delta", "thinking", "stream_end", "tool_use", "stream_end", "tool_result", "status", "stream_delta", "text", "stream_end", "complete",
	}, c.kindsOf(end.RunID))
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
		requests := w.api.Requests()
		require.Equal(t, []string{prompt}, promptBlocks(requests[len(requests)-1]))
	}
	require.Len(t, s.messages(id), 2*len(prompts)+2)
	require.Len(t, w.claudes(), 1)
}

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
	require.Equal(t, append(firstTurn("one"), "user: [[fail 400]]\ntwo"), w.lastRequest())
	require.Equal(t, append(firstTurn("one"), "user: [[fail 400]]", "user: two", firstTurn("")[1]), s.messages(id))
	require.Len(t, w.claudes(), 1)
}

func TestChat_ALongAnswerIsWholeThoughItsFramesAreNot(t *testing.T) {
	const size = 600_000
	w := newWorld(t)
	s := w.serve()
	id, c := s.open(), s.chat()
	c.turn(id, "one")
	end := c.turn(id, "[[bytes 600000]]")
	require.True(t, "assistant: "+api.LongText(size) == s.messages(id)[3])
	require.True(t, api.LongText(size) == c.text(end.RunID), "delta by delta")
	frame := c.of(end.RunID, "text")[1]
	require.NotNil(t, frame.Cut)
	require.Less(t, len(frame.Content), size)
	status, line := s.call(http.MethodGet, fmt.Sprintf("/api/runs/%s/lines?from=%d&to=%d", frame.Cut.Run, frame.Cut.Line-1, frame.Cut.Line), nil, "Accept", "text/plain")
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, frame.Cut.Bytes, int64(len(line)-len("\n")), "the whole line is there")
	c.turn(id, "three")
	require.True(t, "assistant: "+api.LongText(size) == w.lastRequest()[3])
}
