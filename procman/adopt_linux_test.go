package procman

import (
	"context"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// adopt adopts what an earlier server has started, and sees to it that it is stopped.
func adopt(t *testing.T, leaders map[string]Leader, maxProcesses int) map[string]*Process {
	t.Helper()
	adopted, err := shared.Adopt(leaders, maxProcesses)
	require.NoError(t, err)
	require.Len(t, adopted, len(leaders))
	for id, p := range adopted {
		t.Cleanup(func() { p.Stop(context.Background(), 0) })
		require.Nil(t, p.Stdin)
		require.Equal(t, leaders[id], p.Leader())
		require.Equal(t, leaders[id].PID, p.PID())
	}
	return adopted
}

// requireNoGroups fails if a control group of an earlier server is left.
func requireNoGroups(t *testing.T, e *earlier) {
	t.Helper()
	require.Empty(t, earlierGroups(func(id string) bool { _, ok := e.Leaders[id]; return ok }))
	if mount, err := groupMount(); err == nil {
		require.NoDirExists(t, filepath.Join(mount, groupPrefix+strconv.Itoa(e.PID)))
	}
}

func requireAlive(t *testing.T, pid int) {
	t.Helper()
	e, ok := readEntry(pid)
	require.True(t, ok && e.alive(), "process %d is dead", pid)
}

// Its stdin ends when its server dies. It goes on as long as it likes.
func TestAdoptedEndsByItself(t *testing.T) {
	for _, m := range pairs() {
		t.Run(m.String(), func(t *testing.T) {
			use(t, m.now)
			id := newID()
			e := startEarlier(t, m.earlier, map[string]string{id: `trap 'exit 3' USR1
				echo $ID $$; read x; echo "stdin has ended"; while :; do sleep 0.01; done`})
			e.die(t)
			require.Equal(t, "stdin has ended", line(t, e.out))
			p := adopt(t, e.Leaders, 0)[id]
			require.False(t, p.ended())
			require.NoError(t, syscall.Kill(p.PID(), syscall.SIGUSR1))
			wait(t, p.Exited(), "exit")
			exit, proof := p.Stop(t.Context(), time.Minute)
			require.Equal(t, Exit{Code: -1}, exit, "not known: it was not our child")
			require.Equal(t, Proof{Rung: RungExit}, proof)
			requireNoGroups(t, e)
		})
	}
}

func TestStopOfAnAdoptedIsPoliteFirst(t *testing.T) {
	id := newID()
	e := startEarlier(t, shared.Method(), map[string]string{
		id: `trap 'echo bye; exit 0' TERM; echo $ID $$; while :; do sleep 0.01; done`,
	})
	e.die(t)
	exit, proof := adopt(t, e.Leaders, 0)[id].Stop(t.Context(), time.Minute)
	require.Equal(t, "bye", line(t, e.out))
	require.Equal(t, Exit{Code: -1}, exit)
	require.Equal(t, Proof{Rung: RungTerm}, proof)
}

func TestInterruptOfAnAdopted(t *testing.T) {
	id := newID()
	e := startEarlier(t, shared.Method(), map[string]string{
		id: `trap 'echo "broken off"' INT; echo $ID $$; while :; do sleep 0.01; done`,
	})
	e.die(t)
	p := adopt(t, e.Leaders, 0)[id]
	p.Interrupt()
	require.Equal(t, "broken off", line(t, e.out))
	require.False(t, p.ended(), "it decides itself what that means")
	p.Stop(t.Context(), 0)
	p.Interrupt() // of nobody
}

// What an agent and its tools may leave behind when their server dies. The others are told
// from what they have started.
var leftovers = []string{
	`sleep 600 & echo $ID $$ $!; wait`,
	`trap '' TERM HUP; sleep 600 & echo $ID $$ $!; wait; wait; sleep 600`,
	`setsid sh -c 'sleep 600 & echo $ID $$ $!; wait' & wait`,
	`env -i ID=$ID setsid sh -c 'sleep 600 & echo $ID $$ $!; wait' & wait`,
	`(setsid sh -c '(setsid sleep 600 & echo $ID $!)' &); sleep 600`,
	`sleep 600 & echo $ID $!; exit`,
	`setsid sh -c 'sleep 600 & echo $ID $$ $!; wait' & exit`,
	`(setsid sh -c '(setsid sleep 600 & echo $ID $!)' &); exit`,
	`sleep 600 & m=$!; env -i sleep 600 & echo $ID $m $!; exit`,
	`echo $ID; exit`,
}

func TestAdoptedIsEndedWhole(t *testing.T) {
	for _, m := range pairs() {
		t.Run(m.String(), func(t *testing.T) {
			use(t, m.now)
			scripts := map[string]string{}
			for _, script := range leftovers {
				scripts[newID()] = script
			}
			e := startEarlier(t, m.earlier, scripts)
			e.die(t)
			for id, p := range adopt(t, e.Leaders, 0) {
				exit, proof := p.Stop(t.Context(), 300*time.Millisecond)
				require.Equal(t, Exit{Code: -1}, exit)
				require.Empty(t, proof.Survivors, scripts[id])
				require.Equal(t, len(e.started[id]) == 0, proof.Rung == RungExit, scripts[id])
				for _, pid := range append(e.started[id], p.PID()) {
					requireDead(t, pid)
				}
				requireNoSurvivors(t, p)
			}
			requireNoGroups(t, e)
		})
	}
}
