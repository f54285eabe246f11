package procman

import (
	"math"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// requireEnded fails if the leader does not count as dead at once.
func requireEnded(t *testing.T, p *Process, what string) {
	t.Helper()
	require.True(t, p.ended(), what)
}

func TestADeadLeaderHasExitedAtOnce(t *testing.T) {
	for _, m := range pairs() {
		t.Run(m.String(), func(t *testing.T) {
			use(t, m.now)
			id := newID()
			e := startEarlier(t, m.earlier, map[string]string{id: `sleep 600 & echo $ID $$ $!; read x; exit 0`})
			leader, child := e.started[id][0], e.started[id][1]
			e.die(t)
			requireSoonDead(t, leader)
			p := adopt(t, e.Leaders, 0)[id]
			requireEnded(t, p, "the leader is dead")
			requireAlive(t, child)
			_, proof := p.Stop(t.Context(), time.Minute)
			require.Equal(t, Proof{Rung: RungTerm}, proof)
			requireDead(t, child)
		})
	}
}

// The server died between starting a process and recording its leader, or long before.
func TestAdoptWithoutALeader(t *testing.T) {
	for _, m := range pairs() {
		t.Run(m.String(), func(t *testing.T) {
			use(t, m.now)
			id, reused, never := newID(), newID(), newID()
			script := `sleep 600 & echo $ID $$ $!; wait`
			e := startEarlier(t, m.earlier, map[string]string{id: script, reused: script})
			e.die(t)
			other, _ := shell(t, `sleep 600`)
			adopted := adopt(t, map[string]Leader{id: {}, reused: {PID: other.PID()}, never: {}}, 0)
			for id, rung := range map[string]Rung{id: RungTerm, reused: RungTerm, never: RungExit} {
				requireEnded(t, adopted[id], "nobody knows the leader")
				exit, proof := adopted[id].Stop(t.Context(), time.Minute)
				require.Equal(t, Exit{Code: -1}, exit)
				require.Equal(t, Proof{Rung: rung}, proof)
			}
			for _, pid := range slices.Concat(e.started[id], e.started[reused]) {
				requireDead(t, pid)
			}
			requireAlive(t, other.PID())
		})
	}
}

// A number alone is nobody: by now it may be anybody's.
func TestAnotherProcessWithTheLeadersNumberIsLeftAlone(t *testing.T) {
	for _, m := range []Method{Subreaper, Cgroup} {
		t.Run(string(m), func(t *testing.T) {
			use(t, m)
			other, out := shell(t, `sleep 600 & echo $!; wait`)
			child, err := strconv.Atoi(line(t, out))
			require.NoError(t, err)
			self := os.Getpid()
			leaders := map[string]Leader{}
			for _, l := range []Leader{
				{PID: other.PID(), Start: other.Leader().Start + 1},
				other.Leader(),
				{PID: other.PID()},
				{PID: child, Start: startTime(child)},
				{PID: self, Start: startTime(self)},
				{PID: aThread(t), Start: startTime(self)},
				{PID: 1, Start: startTime(1)},
				{Start: 1},
				{PID: -1},
				{PID: -other.PID()},
				{PID: math.MaxInt32, Start: 1},
			} {
				leaders[newID()] = l
			}
			for id, p := range adopt(t, leaders, 0) {
				requireEnded(t, p, "not the leader")
				_, proof := p.Stop(t.Context(), 0)
				require.Equal(t, Proof{Rung: RungExit}, proof, leaders[id])
			}
			requireAlive(t, other.PID())
			requireAlive(t, child)
			require.False(t, other.ended())
		})
	}
}

// One of its own children may have got a dead leader's number.
func TestAnotherProcessOfTheSameIDIsNotTheLeader(t *testing.T) {
	for _, m := range pairs() {
		t.Run(m.String(), func(t *testing.T) {
			use(t, m.now)
			id := newID()
			e := startEarlier(t, m.earlier, map[string]string{id: `sleep 600 & echo $ID $$ $!; wait`})
			e.die(t)
			leader := e.Leaders[id]
			leader.Start--
			p := adopt(t, map[string]Leader{id: leader}, 0)[id]
			requireEnded(t, p, "not the leader")
			requireAlive(t, leader.PID)
			_, proof := p.Stop(t.Context(), time.Minute)
			require.Equal(t, Proof{Rung: RungTerm}, proof)
			requireDead(t, leader.PID)
		})
	}
}

// aThread returns the number of one of this program's threads that is not its first.
func aThread(t *testing.T) int {
	t.Helper()
	threads, err := os.ReadDir("/proc/self/task")
	require.NoError(t, err)
	thread, err := strconv.Atoi(threads[len(threads)-1].Name())
	require.NoError(t, err)
	return thread
}

func TestAdoptRefusesWhatItCannotMean(t *testing.T) {
	p, _ := shell(t, `sleep 600`)
	_, err := shared.Adopt(map[string]Leader{p.id: p.Leader()}, 0)
	require.ErrorContains(t, err, "running already")
	_, err = shared.Adopt(map[string]Leader{"": {}}, 0)
	require.ErrorContains(t, err, "empty")
	require.False(t, p.ended())
	none, err := shared.Adopt(nil, 0)
	require.NoError(t, err)
	require.Empty(t, none)
}

func TestAdoptManyThatHaveEnded(t *testing.T) {
	leaders := map[string]Leader{}
	for i := range 1000 {
		leaders[newID()] = Leader{PID: math.MaxInt32 - i, Start: 1}
	}
	start := time.Now()
	for _, p := range adopt(t, leaders, 1) {
		require.True(t, p.scope.(*inherited).empty, "nobody needs to look again")
		_, proof := p.Stop(t.Context(), time.Minute)
		require.Equal(t, Proof{Rung: RungExit}, proof)
	}
	require.Less(t, time.Since(start), 10*time.Second)
}
