package procman

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// requireDead fails if the process is alive. A zombie that waits for the patrol is dead.
func requireDead(t *testing.T, pid int) {
	t.Helper()
	e, ok := readEntry(pid)
	require.False(t, ok && e.alive(), "process %d is alive: %+v", pid, e)
}

// Each script leaves processes in sessions of their own behind, in the ways that agents do.
func TestNothingSurvivesItsProcess(t *testing.T) {
	for name, script := range map[string]string{
		"a child in the background":            `sleep 600 & echo $!; exit 0`,
		"a session of its own":                 `setsid sh -c 'sleep 600 & echo $!; sleep 600' & wait`,
		"a session of its own, leader gone":    `setsid sh -c 'sleep 600 & echo $!; sleep 600' & sleep 0.1; exit 0`,
		"parents gone, still running":          `(setsid sh -c '(setsid sleep 600 & echo $!)' &) ; sleep 600`,
		"parents gone, leader gone, exit 1":    `(setsid sh -c '(setsid sleep 600 & echo $!)' &) ; sleep 0.1; exit 1`,
		"ignoring every polite signal":         `setsid sh -c 'trap "" TERM HUP INT; echo $$; while :; do sleep 600; done' & wait`,
		"no marker and a session of its own":   `(env -i setsid sh -c 'sleep 600 & echo $!; sleep 600' &); sleep 600`,
		"no marker, parents gone, leader gone": `(env -i setsid sh -c '(env -i setsid sleep 600 & echo $!)' &); sleep 0.1; exit 0`,
	} {
		t.Run(name, func(t *testing.T) {
			p, out := shell(t, script)
			pid, err := strconv.Atoi(line(t, out))
			require.NoError(t, err)
			if strings.Contains(script, "exit") {
				wait(t, p.Exited(), "exit")
			}
			_, proof := p.Stop(t.Context(), 300*time.Millisecond)
			require.Empty(t, proof.Survivors)
			requireNoSurvivors(t, p)
			requireDead(t, pid)
		})
	}
}

// The same without control groups: processes are found by descent alone, as on a machine
// where this program may not make control groups.
func TestDescentFindsTheSame(t *testing.T) {
	l := shared.host.(*linux)
	if l.groups == "" {
		t.Log("no control groups here: every other test has used descent")
		return
	}
	groups := l.groups
	shared.patrols.Wait() // nobody looks at the field now
	l.groups = ""
	defer func() { shared.patrols.Wait(); l.groups = groups }()
	require.Equal(t, Subreaper, shared.Method())
	t.Run("survivors", TestNothingSurvivesItsProcess)
	t.Run("fork bomb", TestForkBombIsNoticedAndEnded)
	t.Run("neighbours", TestOneProcessIsEndedAndAnotherUntouched)
	t.Run("signals", TestStopKillsWhatIgnoresSignals)
	t.Run("standby", TestStandbyOwnsNothingThatIsLost)
	t.Run("patrol", TestStandbyIsLookedAtRarely)
}

func TestOrphansLeaveNoZombies(t *testing.T) {
	for range 20 {
		p, _ := shell(t, `(setsid sh -c 'exit 0' &); (sleep 0.01 &); exit 0`)
		wait(t, p.Exited(), "exit")
		p.Stop(t.Context(), time.Second)
	}
	shared.patrols.Wait()
	table, err := readTable()
	require.NoError(t, err)
	for pid, e := range table {
		require.False(t, e.parent == os.Getpid(), "child %d is left: %+v", pid, e)
	}
}

func TestGroupsAreRemoved(t *testing.T) {
	l := shared.host.(*linux)
	if l.groups == "" {
		t.Log("no control groups here")
		return
	}
	p, out := shell(t, `(setsid sleep 600 &); echo ready; sleep 600`)
	require.Equal(t, "ready", line(t, out))
	require.DirExists(t, l.groups+"/"+p.id)
	p.Stop(t.Context(), time.Second)
	require.NoDirExists(t, l.groups+"/"+p.id)
}

// A server that was killed leaves its control groups behind, and a process in them may
// have cleared its environment. This test plays both servers: the first one never stops.
func TestSweepFindsWhatHasNoMarker(t *testing.T) {
	l := shared.host.(*linux)
	if l.groups == "" {
		t.Log("no control groups here: such a process cannot be found")
		return
	}
	p, out := shell(t, `env -i setsid sh -c 'echo $$; sleep 600' & wait`)
	pid, err := strconv.Atoi(line(t, out))
	require.NoError(t, err)
	_, left, err := shared.Sweep(t.Context(), func(id string) bool { return id == p.id }, time.Second)
	require.NoError(t, err)
	require.Empty(t, left)
	requireDead(t, pid)
	require.NoDirExists(t, l.groups+"/"+p.id)
}

// Whoever is killed one by one may start others meanwhile.
func TestSweepEndsWhatStartsOthersAllTheTime(t *testing.T) {
	p, out := shell(t, `trap '' TERM
		start() { while :; do (sleep 0.01; exec sleep 600) & sleep 0.03; done; }
		start & start & start & echo ready; wait`)
	require.Equal(t, "ready", line(t, out))
	_, left, err := shared.Sweep(t.Context(), func(id string) bool { return id == p.id }, 200*time.Millisecond)
	require.NoError(t, err)
	require.Empty(t, left)
	wait(t, p.Exited(), "exit")
}

// Root, and the owner of a delegated tree, may leave a control group. The marker remains.
func TestWhatLeftItsControlGroupIsFound(t *testing.T) {
	l := shared.host.(*linux)
	if l.groups == "" {
		t.Log("no control groups here")
		return
	}
	p, out := shell(t, `echo $$ > `+filepath.Dir(l.groups)+`/cgroup.procs; (setsid sh -c 'echo $$; exec sleep 600' &); sleep 0.1`)
	pid, err := strconv.Atoi(line(t, out))
	require.NoError(t, err)
	wait(t, p.Exited(), "exit")
	p.Stop(t.Context(), time.Second)
	shared.patrols.Wait()
	require.Eventually(t, func() bool {
		e, ok := readEntry(pid)
		return !ok || !e.alive()
	}, 10*time.Second, 10*time.Millisecond)
}
