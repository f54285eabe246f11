package procman

import (
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestOverrunOfAnAdopted(t *testing.T) {
	for _, m := range pairs() {
		t.Run(m.String(), func(t *testing.T) {
			use(t, m.now)
			bomb, scatter, quiet := newID(), newID(), newID()
			e := startEarlier(t, m.earlier, map[string]string{
				bomb:    `echo $ID $$; read x; while :; do sleep 100 & done`,
				scatter: `echo $ID $$; read x; while :; do (setsid sleep 100 &); sleep 0.01; done`,
				quiet:   `sleep 100 & sleep 100 & echo $ID $$ $!; wait`,
			})
			e.die(t)
			adopted := adopt(t, e.Leaders, 64)
			for _, id := range []string{bomb, scatter} {
				wait(t, adopted[id].Overrun(), "overrun")
				_, proof := adopted[id].Stop(t.Context(), 100*time.Millisecond)
				require.Empty(t, proof.Survivors)
				requireNoSurvivors(t, adopted[id])
			}
			select {
			case <-adopted[quiet].Overrun():
				require.FailNow(t, "another's processes were counted")
			default:
			}
		})
	}
}

// groupOf returns the control group that was made for an id.
func groupOf(t *testing.T, id string) string {
	t.Helper()
	dirs := earlierGroups(func(other string) bool { return other == id })
	require.Len(t, dirs, 1)
	return dirs[0]
}

// In a container a server has the same pid each time, and so the same directory.
func TestAServerWithTheSamePID(t *testing.T) {
	use(t, Cgroup)
	p, orphan := withOrphan(t, unmarked)
	adopted := readopt(t, p)
	removeAbandoned(filepath.Dir(shared.host.(*linux).groups))
	_, err := shared.host.newScope(p.id)
	require.ErrorIs(t, err, syscall.EBUSY, "an id is used once")
	members, err := adopted.scope.(*inherited).find(survey{})
	require.NoError(t, err)
	require.Contains(t, pids(members), p.PID(), "a group knows what started after a survey")
	_, proof := adopted.Stop(t.Context(), 100*time.Millisecond)
	require.Empty(t, proof.Survivors)
	requireDead(t, orphan)
	require.NoDirExists(t, filepath.Join(shared.host.(*linux).groups, p.id))
	require.DirExists(t, shared.host.(*linux).groups)
}

// A new server tidies up before it adopts.
func TestAbandonedGroupsAreRemovedUnlessSomebodyLivesThere(t *testing.T) {
	use(t, Cgroup)
	alive, dead := newID(), newID()
	e := startEarlier(t, Cgroup, map[string]string{alive: `sleep 600 & echo $ID $!; exit`, dead: `echo $ID $$; read x`})
	group, idle := groupOf(t, alive), groupOf(t, dead)
	inner := filepath.Join(group, "inner")
	require.NoError(t, os.Mkdir(inner, 0o700))
	e.die(t)
	requireSoonDead(t, e.started[dead][0])
	require.Eventually(t, func() bool {
		removeAbandoned(filepath.Dir(filepath.Dir(group)))
		_, err := os.Stat(idle)
		return os.IsNotExist(err)
	}, 20*time.Second, 10*time.Millisecond, "the kernel sees a moment later that it is empty")
	require.DirExists(t, inner, "what lives may need it")
	adopt(t, e.Leaders, 0)[alive].Stop(t.Context(), time.Second)
	requireNoGroups(t, e)
}

// An agent may start a new server, on the data directory of the one that started it.
func TestAServerInsideAnAdoptedGroupSurvives(t *testing.T) {
	use(t, Cgroup)
	own, err := ownGroup()
	require.NoError(t, err)
	id := newID()
	group := filepath.Join(own, groupPrefix+"0", id)
	require.NoError(t, os.MkdirAll(group, 0o700))
	move := func(dir string) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, "cgroup.procs"), []byte(strconv.Itoa(os.Getpid())), 0))
	}
	t.Cleanup(func() {
		move(own)
		removeEmptied(filepath.Dir(group))
	})
	move(group)
	use(t, Subreaper) // what is started now is in this program's own group
	p, orphan := withOrphan(t, unmarked, func(s *Spec) { s.ID = id })
	adopted := readopt(t, p)
	require.Equal(t, []string{group}, adopted.scope.(*inherited).dirs)
	_, proof := adopted.Stop(t.Context(), 0)
	require.Empty(t, proof.Survivors)
	requireDead(t, p.PID())
	requireDead(t, orphan)
}
