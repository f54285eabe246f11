//go:build linux

package e2e

import (
	"net/http"
	"syscall"
	"testing"

	"github.com/fasthttp/websocket"
	"github.com/stretchr/testify/require"
)

// A stopping server lets a run that fits into the drain grace end.
func TestD5_ARunThatEndsInTimeIsDeliveredWhole(t *testing.T) {
	w := newWorld(t)
	s := w.serve("--drain-grace=30s")
	c := s.ask("[[hold]]")
	_, err := w.api.Await(t.Context(), 1)
	require.NoError(t, err)

	s.signal(syscall.SIGTERM)
	require.True(t, eventually(patience, func() bool { return s.status("/readyz") == http.StatusServiceUnavailable }))
	w.api.Release()
	frames, code := c.rest()

	require.Contains(t, []int{websocket.CloseNormalClosure, websocket.CloseGoingAway}, code)
	require.Equal(t, "held released", lastLine(frames).Result)
	require.Zero(t, s.awaitExit())
}

func TestD5_ARunThatDoesNotEndIsStoppedAndTheClientIsTold(t *testing.T) {
	w := newWorld(t)
	s := w.serve("--drain-grace=1s", "--stop-grace=2s", "--allowed-tools=Bash")
	sleeper := w.nap()
	c := s.ask("[[bash setsid sleep " + sleeper + " & wait]]")
	w.requireRunning(sleeper, 1)

	s.signal(syscall.SIGTERM)
	frames, code := c.rest()

	require.Equal(t, websocket.CloseGoingAway, code)
	require.Equal(t, "DRAINING", frames[len(frames)-1].Code)
	require.Zero(t, s.awaitExit())
	require.Empty(t, survivors(sleeper))
	require.Empty(t, survivors("SPOOL_RUN="+c.run))
}

// lastLine is the last frame that the CLI wrote.
func lastLine(frames []frame) frame {
	for i := len(frames) - 1; i >= 0; i-- {
		if frames[i].Type != "" {
			return frames[i]
		}
	}
	return frame{}
}
