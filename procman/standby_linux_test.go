package procman

import (
	"context"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// onStandby starts a process on standby.
func onStandby(s *Spec) { s.Standby = true }

// lost is a script that starts a process which has left its family and cleared its
// environment, prints its number, and ends.
const lost = `(env -i setsid sh -c 'echo $$; exec sleep 600' &)`

// A process on standby waits for ever: what others lose must be found all the same, and it
// must keep what carries its marker.
func TestStandbyOwnsNothingThatIsLost(t *testing.T) {
	standby, out := shell(t, `(setsid sh -c 'echo $$; exec sleep 600' &); read x; echo "still $x"`, onStandby)
	own, err := strconv.Atoi(line(t, out))
	require.NoError(t, err)

	p, orphan := shell(t, lost+"; sleep 0.5")
	stray, err := strconv.Atoi(line(t, orphan))
	require.NoError(t, err)
	wait(t, p.Exited(), "exit")
	_, proof := p.Stop(t.Context(), time.Second)
	require.Empty(t, proof.Survivors)
	requireDead(t, stray)

	e, ok := readEntry(own)
	require.True(t, ok && e.alive(), "what the waiting one has started lives")
	_, err = standby.Stdin.WriteString("here\n")
	require.NoError(t, err)
	require.Equal(t, "still here", line(t, out))
	standby.Stop(t.Context(), time.Second)
	requireDead(t, own)
}

// Once it has something to do, it counts like any other.
func TestAnActivatedProcessIsLikeAnyOther(t *testing.T) {
	other, out := shell(t, `echo ready; read x; echo "still $x"`, onStandby)
	require.Equal(t, "ready", line(t, out))
	p, _ := shell(t, `sleep 600`)
	_, alone := shared.children(p)
	require.True(t, alone)
	other.Activate()
	_, alone = shared.children(p)
	require.False(t, alone)
}

// An idle program looks at its processes rarely, and at once again when there is work.
func TestStandbyIsLookedAtRarely(t *testing.T) {
	standby, _ := shell(t, `while :; do sleep 600 & wait; done`, onStandby, func(s *Spec) { s.MaxProcesses = 100 })
	looked := func() time.Time {
		shared.mu.Lock()
		defer shared.mu.Unlock()
		return shared.looked
	}
	first := looked()
	require.Eventually(t, func() bool { return looked().After(first) }, 10*time.Second, time.Millisecond)
	first = looked()
	require.Eventually(t, func() bool { return looked().After(first) }, 10*time.Second, time.Millisecond)
	require.GreaterOrEqual(t, looked().Sub(first), standbyInterval)

	standby.Activate()
	first = looked()
	for range 3 {
		last := looked()
		require.Eventually(t, func() bool { return looked().After(last) }, 10*time.Second, time.Millisecond)
	}
	require.Less(t, looked().Sub(first), 3*standbyInterval, "three looks in the time of less than three")
	standby.Stop(context.Background(), 0)
}
