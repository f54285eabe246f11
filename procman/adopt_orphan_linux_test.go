package procman

import (
	"context"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// readopt has this server forget a process and adopt it: so does a server that replaces
// itself, whose orphans become its own children.
func readopt(t *testing.T, p *Process, forgotten ...*Process) *Process {
	t.Helper()
	shared.mu.Lock()
	defer shared.mu.Unlock()
	for _, f := range append(forgotten, p) {
		delete(shared.running, f)
	}
	adopted, err := shared.adoptLocked(map[string]Leader{p.id: p.Leader()}, 0)
	require.NoError(t, err)
	t.Cleanup(func() { adopted[p.id].Stop(context.Background(), 0) })
	return adopted[p.id]
}

// withOrphan starts a process and one without parents, and returns the latter too.
func withOrphan(t *testing.T, script string, change ...func(*Spec)) (*Process, int) {
	t.Helper()
	p, out := shell(t, script+`; sleep 600`, change...)
	orphan, err := strconv.Atoi(line(t, out))
	require.NoError(t, err)
	return p, orphan
}

const (
	marked   = `(setsid sh -c '(setsid sleep 600 & echo $!)' &)`
	unmarked = `(env -i setsid sh -c '(setsid sleep 600 & echo $!)' &)`
)

func requireSoonDead(t *testing.T, pid int) {
	t.Helper()
	require.Eventually(t, func() bool { e, ok := readEntry(pid); return !ok || !e.alive() }, 20*time.Second, 10*time.Millisecond)
}

func TestThePatrolKnowsWhatWasAdopted(t *testing.T) {
	for _, m := range []Method{Subreaper, Cgroup} {
		t.Run(string(m), func(t *testing.T) {
			use(t, m)
			forgotten, stray := withOrphan(t, marked)
			p, orphan := withOrphan(t, marked)
			adopted := readopt(t, p, forgotten)
			requireSoonDead(t, stray)
			requireSoonDead(t, forgotten.PID())
			requireAlive(t, orphan)
			requireAlive(t, p.PID())

			require.NoError(t, syscall.Kill(p.PID(), syscall.SIGKILL))
			wait(t, adopted.Exited(), "exit")
			require.Eventually(t, func() bool { _, there := readEntry(p.PID()); return !there }, 20*time.Second,
				10*time.Millisecond, "a leader that became our child is reaped")
			requireAlive(t, orphan)
			_, proof := adopted.Stop(t.Context(), 300*time.Millisecond)
			require.Empty(t, proof.Survivors)
			requireDead(t, orphan)
		})
	}
}

// An orphan that carries no marker is counted for the only process that runs. An adopted one
// runs, too.
func TestAnAdoptedIsNeverAlone(t *testing.T) {
	use(t, Subreaper)
	p, orphan := withOrphan(t, unmarked)
	adopted := readopt(t, p)
	other, others := withOrphan(t, unmarked)
	require.False(t, adopted.ended())
	_, proof := adopted.Stop(t.Context(), 0)
	require.Empty(t, proof.Survivors)
	requireDead(t, p.PID())
	requireAlive(t, others)

	second, _ := shell(t, `sleep 600`)
	readopt(t, second)
	other.Stop(t.Context(), 0)
	requireAlive(t, orphan)
}
