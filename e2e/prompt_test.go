//go:build linux

package e2e

import (
	"os"
	"testing"

	"github.com/fasthttp/websocket"
	"github.com/stretchr/testify/require"

	"spool/e2e/api"
)

func TestP2_APromptStreamsItsLinesInOrderAndCloses1000(t *testing.T) {
	w := newWorld(t)
	s := w.serve()

	c := s.ask("say hello")
	frames, code := c.rest()

	require.Equal(t, websocket.CloseNormalClosure, code)
	require.Equal(t, []string{"system/init", "assistant", "result/success"}, kinds(frames))
	require.Equal(t, api.Greeting, frames[2].Result)
	require.False(t, frames[2].IsError)
	require.Empty(t, survivors("SPOOL_RUN="+c.run))
}

func TestP2_TheFramesAreTheBytesThatTheCLIWrote(t *testing.T) {
	w := newWorld(t)
	s := w.serve()
	c := s.ask("[[hold]]", map[string]any{"partial": true})
	w.api.Release()
	frames, code := c.rest()

	require.Equal(t, websocket.CloseNormalClosure, code)
	written, err := os.ReadFile(w.stdout(c.run))
	require.NoError(t, err)
	require.Equal(t, lines(written), raws(frames))
	require.Equal(t, string(written), s.output(c.run))
	v := s.view(c.run)
	_, code = v.end()
	require.Equal(t, websocket.CloseNormalClosure, code)
	require.Equal(t, string(written), v.output())
}

func TestPartial_StreamsTheAPIsOwnEventsTokenByToken(t *testing.T) {
	w := newWorld(t)
	s := w.serve()

	frames, code := s.ask("[[words 5]]", map[string]any{"partial": true}).rest()

	require.Equal(t, websocket.CloseNormalClosure, code)
	var deltas []string
	for _, f := range frames {
		if f.Type == "stream_event" && f.Event.Delta.Type == "text_delta" {
			deltas = append(deltas, f.Event.Delta.Text)
		}
	}
	require.Equal(t, []string{"1 ", "2 ", "3 ", "4 ", "5 "}, deltas)
}

func TestPartial_ALineIsSentWhileTheAnswerIsStillBeingWritten(t *testing.T) {
	w := newWorld(t)
	s := w.serve()

	c := s.ask("[[hold]]", map[string]any{"partial": true})
	for c.until("stream_event").Event.Delta.Text != "held " {
	}
	w.api.Release()
	frames, code := c.rest()

	require.Equal(t, websocket.CloseNormalClosure, code)
	require.Equal(t, "held released", frames[len(frames)-1].Result)
}

func TestTwoPromptsAtOnceKeepTheirOwnAnswers(t *testing.T) {
	w := newWorld(t)
	s := w.serve("--max-runs=2")

	held, quick := s.ask("[[hold]]"), s.ask("[[words 3]]")
	frames, code := quick.rest()
	require.Equal(t, websocket.CloseNormalClosure, code)
	require.Equal(t, "1 2 3 ", frames[len(frames)-1].Result)

	w.api.Release()
	frames, code = held.rest()
	require.Equal(t, websocket.CloseNormalClosure, code)
	require.Equal(t, "held released", frames[len(frames)-1].Result)
}
