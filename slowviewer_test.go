package main

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spool/schema"
)

// TestN03SlowViewersCostNothingAndDelayNobody has viewers that read nothing of 1 GiB, or 64 MiB,
// beside one that reads all. It measures memory, so it runs alone.
func TestN03SlowViewersCostNothingAndDelayNobody(t *testing.T) {
	size := 64 << 20
	if fullLoad {
		size = 1 << 30
	}
	s := startPlainServer(t, "--stall-timeout=2s", "--run-timeout=1h")
	var latencies []time.Duration
	s.flood(t, size, nil) // what is needed once is there
	cost, times := int64(1<<62), 0
	for ; times < 3 && cost >= 4<<20; times++ { // a collection of garbage that comes late looks like a cost, but not each time
		without := s.mostMemory(t, func() { s.flood(t, size, nil) })
		with := s.mostMemory(t, func() { latencies = s.flood(t, size, doors) })
		t.Logf("%d KiB without slow viewers, %d KiB with them", without>>10, with>>10)
		cost = with - without
	}
	require.Less(t, cost, int64(4<<20))
	slowest := []time.Duration{}
	for lines := range slices.Chunk(latencies, 50) {
		slowest = append(slowest, slices.Max(lines))
	}
	t.Logf("others: of 50 lines each, the slowest %v", slowest)
	require.Less(t, slices.Min(slowest), 100*time.Millisecond, "the best 50: others use this machine too")
	s.awaitLogged(t, "took nothing for too long", times*len(doors))
}

// flood has a run print so many bytes, to some who read nothing and one who reads everything. It
// returns how long lines of another run took meanwhile.
func (s *server) flood(t *testing.T, size int, slow []string) (latencies []time.Duration) {
	t.Helper()
	g, seen := newGate(t), make(chan []time.Duration, 1)
	c, other := s.begin(t, script(g.cat()))
	feed := g.feed()
	go func() { seen <- c.latencies() }()
	id := s.start(t, script(fmt.Sprintf(`yes "$(printf 'x%%.0s' $(seq 999))" | head -c %d`, size)))
	for _, door := range slow {
		s.look(t, door, id)
	}
	fast, whole := s.attach(t, id, 0), make(chan int, 1)
	go func() { whole <- len(fast.digests()) }()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for n := 0; n < 50 || s.health(t).Sockets.Open > 1; n++ { // until the slow are cut, and the fast one is done
		<-tick.C
		_, err := fmt.Fprintln(feed, time.Now().UnixNano())
		require.NoError(t, err)
	}
	require.Equal(t, (size+999)/1000, <-whole)
	s.awaitEnd(t, id, schema.Succeeded, "")
	require.NoError(t, feed.Close())
	s.awaitEnd(t, other, schema.Succeeded, "")
	return <-seen
}

// A run that has nobody left but one who takes nothing ends with that one.
func TestN03TheLastViewerOfARunTakesNothing(t *testing.T) {
	t.Parallel()
	for _, door := range doors {
		t.Run(door, func(t *testing.T) {
			t.Parallel()
			s, g := startServer(t, "--stall-timeout=1s", "--stop-grace=1s"), newGate(t)
			first, id := s.begin(t, script(g.wait(), `x=$(head -c 100000 /dev/zero | tr '\0' x)`, "for i in $(seq 640); do echo $x; sleep 0.002; done; exec sleep 600")) // more than any buffer holds
			s.look(t, door, id)
			require.NoError(t, first.Close())
			s.awaitSockets(t, 1)
			g.open()
			r := s.awaitEnd(t, id, schema.Failed, schema.SlowClient)
			require.Equal(t, "the client took nothing for too long", r.Error)
			s.requireNoSurvivors(t)
			s.awaitSockets(t, 0)
		})
	}
}
