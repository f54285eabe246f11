package procman

import (
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// adoptOne adopts a single id and sees to it that it is stopped.
func adoptOne(t *testing.T, id string, leader Leader, maxProcesses int) *Process {
	t.Helper()
	adopted, err := shared.Adopt(map[string]Leader{id: leader}, maxProcesses)
	require.NoError(t, err)
	require.Len(t, adopted, 1)
	p := adopted[id]
	t.Cleanup(func() { p.Stop(t.Context(), 0) })
	require.Nil(t, p.Stdin)
	require.Equal(t, leader, p.Leader())
	require.Equal(t, leader.PID, p.PID())
	return p
}

// requireNoGroups fails if a control group of an earlier server, or of one of its ids, is left.
func requireNoGroups(t *testing.T, e *earlier) {
	t.Helper()
	require.Empty(t, earlierGroups(func(id string) bool { _, ok := e.Leaders[id]; return ok }))
	mount, err := groupMount()
	require.NoError(t, err)
	require.NoDirExists(t, filepath.Join(mount, groupPrefix+strconv.Itoa(e.PID)))
}

func requireAlive(t *testing.T, pid int) {
	t.Helper()
	e, ok := readEntry(pid)
	require.True(t, ok && e.alive(), "process %d is dead", pid)
}

// eachMethod runs a test for every way in which the earlier server and this one may find
// processes.
func eachMethod(t *testing.T, test func(t *testing.T, earlier Method)) {
	l := shared.host.(*linux)
	ours := map[Method]string{Subreaper: "", l.method(): l.groups}
	for now, groups := range ours {
		for before := range ours {
			t.Run("from "+string(before)+" to "+string(now), func(t *testing.T) {
				shared.patrols.Wait() // nobody looks at the field now
				l.groups = groups
				t.Cleanup(func() { shared.patrols.Wait(); l.groups = ours[Cgroup] })
				test(t, before)
			})
		}
	}
}

func TestAdoptedLeaderEndsByItself(t *testing.T) {
	eachMethod(t, func(t *testing.T, method Method) {
		id := newID()
		e := startEarlier(t, method, map[string]string{id: `echo $ID $$; read x; echo "stdin ended"; exit 0`})
		handover := e.Leaders[id]
		p := adoptOne(t, id, handover, 0) // before the server dies, so that nothing has ended yet
		select {
		case <-p.Exited():
			require.FailNow(t, "the leader is alive")
		default:
		}
		e.die(t)
		require.Equal(t, "stdin ended", line(t, e.out))
		wait(t, p.Exited(), "exit")
		exit, proof := p.Stop(t.Context(), time.Minute)
		require.Equal(t, Exit{Code: -1}, exit)
		require.Equal(t, Proof{Rung: RungExit}, proof)
		requireNoGroups(t, e)
	})
}

// What an agent and its tools may leave behind when their server dies.
var leftovers = map[string]string{
	"alive":                   `sleep 600 & echo $ID $$ $!; wait`,
	"alive, deaf":             `trap '' TERM HUP; sleep 600 & echo $ID $$ $!; wait`,
	"alive, session":          `setsid sh -c 'sleep 600 & echo $ID $$ $!; wait' & wait`,
	"alive, no environment":   `env -i ID=$ID setsid sh -c 'sleep 600 & echo $ID $$ $!; wait' & wait`,
	"dead, background":        `sleep 600 & echo $ID $!`,
	"dead, session":           `setsid sh -c 'sleep 600 & echo $ID $$ $!; wait' &`,
	"dead, parents gone":      `(setsid sh -c '(setsid sleep 600 & echo $ID $!)' &)`,
	"dead, same session bare": `sleep 600 & env -i sleep 600 & echo $ID $!`,
}

func TestAdoptedIsEndedWhole(t *testing.T) {
	eachMethod(t, func(t *testing.T, method Method) {
		scripts := map[string]string{}
		for _, script := range leftovers {
			scripts[newID()] = script
		}
		e := startEarlier(t, method, scripts)
		e.die(t)
		adopted, err := shared.Adopt(e.Leaders, 0)
		require.NoError(t, err)
		require.Len(t, adopted, len(scripts))
		for id, p := range adopted {
			exit, proof := p.Stop(t.Context(), 300*time.Millisecond)
			require.Equal(t, Exit{Code: -1}, exit)
			require.Empty(t, proof.Survivors, scripts[id])
			require.NotEqual(t, RungExit, proof.Rung, scripts[id])
			for _, pid := range append(e.started[id], e.Leaders[id].PID) {
				requireDead(t, pid)
			}
			requireNoSurvivors(t, p)
		}
		requireNoGroups(t, e)
	})
}
