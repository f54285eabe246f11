//go:build linux

package e2e

import (
	"testing"

	"github.com/fasthttp/websocket"
	"github.com/stretchr/testify/require"
)

// The CLI calls an API failure a `success` with is_error and exits 1: the close has
// to tell the truth all the same.
func TestAPIErrorEndsTheRunWithAPI_ERROR(t *testing.T) {
	for name, c := range map[string]struct {
		prompt  string
		answers int // of the API, retries included
	}{
		"a request that is refused":       {"[[status 400]]", 1},
		"an API that stays overloaded":    {"[[status 529]]", 2},
		"an API that answers only errors": {"[[status 500]]", 2},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			s := w.serve("CLAUDE_CODE_MAX_RETRIES=1")

			frames, code := s.ask(c.prompt).rest()

			require.Equal(t, websocket.CloseInternalServerErr, code)
			last, result := frames[len(frames)-1], frames[len(frames)-2]
			require.Equal(t, "API_ERROR", last.Code)
			require.NotEmpty(t, last.Error)
			require.Equal(t, "result", result.Type)
			require.True(t, result.IsError)
			require.Len(t, w.api.Requests(), c.answers)
		})
	}
}

func TestS13_ARunOverItsTimeIsStoppedWithTIMEOUT_WALL(t *testing.T) {
	w := newWorld(t)
	s := w.serve("--run-timeout=10s", "--stop-grace=2s")
	sleeper := w.nap()

	frames, code := s.ask("[[bash sleep " + sleeper + "]]").rest()

	require.Equal(t, websocket.CloseInternalServerErr, code)
	require.Equal(t, "TIMEOUT_WALL", frames[len(frames)-1].Code)
	require.Contains(t, kinds(frames), "system/init")
	require.Empty(t, survivors(sleeper))
}

func TestAStreamThatBreaksOffIsNoFailureOfTheRun(t *testing.T) {
	w := newWorld(t)
	s := w.serve()

	frames, code := s.ask("[[cut]]").rest()

	require.Equal(t, websocket.CloseNormalClosure, code)
	require.Equal(t, "broken mended", frames[len(frames)-1].Result)
	require.Len(t, w.api.Requests(), 2, "the CLI asks again, without a stream")
}

// The first thing that goes wrong for a new user: the CLI has no login.
func TestACLIWithoutALoginSaysSoInTheErrorFrame(t *testing.T) {
	w := newWorld(t)
	s := w.serve("ANTHROPIC_API_KEY=")

	frames, code := s.ask("hello").rest()

	require.Equal(t, websocket.CloseInternalServerErr, code)
	last := frames[len(frames)-1]
	require.Equal(t, "API_ERROR", last.Code)
	require.Contains(t, last.Error, "/login")
	require.Empty(t, w.api.Requests())
}
