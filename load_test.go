package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/fasthttp/websocket"
	"github.com/stretchr/testify/require"

	"spool/schema"
)

// fullLoad asks for the figures that take minutes. Without it the tests of load do the same for
// a shorter time.
var fullLoad = os.Getenv("FULL_LOAD") != ""

// TestL01ManySocketsAndRunsGoOnTogether has 1,000 idle sockets and 100 runs with ten lines a second
// each, for 60 s, or 5 s. It measures time, so it runs alone.
func TestL01ManySocketsAndRunsGoOnTogether(t *testing.T) {
	seconds := 5
	if fullLoad {
		seconds = 60
	}
	const idle, runs = 1000, 100
	s := startPlainServer(t, "--max-runs=100", "--prompt-timeout=10m")
	for range idle {
		require.Equal(t, schema.InfoFrame, s.dial(t).next())
	}
	feeds, latencies := make([]*os.File, runs), make(chan []time.Duration, runs)
	for i := range feeds {
		g := newGate(t)
		c, _ := s.begin(t, script(g.cat()))
		feeds[i] = g.feed()
		go func() { latencies <- c.latencies() }()
	}
	risen := s.watchMemory(t)
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for range 10 * seconds {
		<-tick.C
		for _, feed := range feeds {
			_, err := fmt.Fprintln(feed, time.Now().UnixNano())
			require.NoError(t, err)
		}
	}
	memory, descriptors := s.rss(t), s.descriptors(t)
	all := requireLatencies(t, feeds, latencies, 10*seconds)
	t.Logf("p99 of each second: %v; %d MiB, %d more; %d descriptors", all, memory>>20, risen()>>20, descriptors)
	require.Less(t, slices.Min(all), 250*time.Millisecond, "in the best second: others use this machine too")
	require.Less(t, memory, int64(512<<20))
	require.Less(t, descriptors, 4000)
}

// latencies reads lines that hold the time at which they were written.
func (c *socket) latencies() (all []time.Duration) {
	for {
		_, text, err := c.ReadMessage()
		if err != nil {
			if !websocket.IsCloseError(err, websocket.CloseNormalClosure) {
				return nil
			}
			return all
		}
		written, err := strconv.ParseInt(string(text), 10, 64)
		if err != nil {
			return nil
		}
		all = append(all, time.Since(time.Unix(0, written)))
	}
}

// requireLatencies ends the runs, of which every line must have come, and returns how long 99 of
// 100 lines took at most, for each second.
func requireLatencies(t *testing.T, feeds []*os.File, latencies <-chan []time.Duration, lines int) (p99 []time.Duration) {
	t.Helper()
	for _, feed := range feeds {
		require.NoError(t, feed.Close())
	}
	seconds := make([][]time.Duration, lines/10)
	for range feeds {
		one := <-latencies
		require.Len(t, one, lines, "no line is lost")
		for i, latency := range one {
			seconds[i/10] = append(seconds[i/10], latency)
		}
	}
	for _, second := range seconds {
		slices.Sort(second)
		p99 = append(p99, second[len(second)*99/100])
	}
	return p99
}

// TestL04ManyShortRunsLeaveNothingBehind has 10,000 short runs, or 300.
func TestL04ManyShortRunsLeaveNothingBehind(t *testing.T) {
	t.Parallel()
	n := 300
	if fullLoad {
		n = 10_000
	}
	s := startServer(t, "--max-runs=8", "--max-queue=1000", "--retain=0", worker(t))
	short := func(int) {
		var r schema.Run
		require.NoError(t, s.call(http.MethodPost, "/api/runs?wait=true", payload("hi"), &r))
		require.Equal(t, schema.Succeeded, r.State, r.Error)
	}
	inParallel(100, 8, short) // what is needed once is there
	crowdClient.CloseIdleConnections()
	fresh := s.descriptors(t) + 2 // those who ask for its health keep their connections
	s.requireSteady(t, fresh, func() {
		inParallel(n, 8, short)
		crowdClient.CloseIdleConnections()
	})
	s.requireNoSurvivors(t)
}

// Slow headers, of 1,000 connections, hold nobody else up, and are cut.
func TestL04AThousandSlowHeadersHoldNobodyUp(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	start := time.Now()
	var slow sync.WaitGroup
	for range 1000 {
		conn, err := net.Dial("tcp", s.addr)
		require.NoError(t, err)
		defer conn.Close()
		_, err = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: "+s.addr+"\r\nX-Slow: ")
		require.NoError(t, err)
		slow.Go(func() {
			_ = conn.SetReadDeadline(start.Add(patience))
			_, _ = io.Copy(io.Discard, conn)
		})
	}
	opened := time.Now()
	requireEnd(t, s.run(t, "hi"), "")
	require.Less(t, time.Since(opened), 5*time.Second)
	fastest := patience // of some: others use this machine too
	for range 5 {
		began := time.Now()
		require.Equal(t, schema.InfoFrame, s.dial(t).next())
		fastest = min(fastest, time.Since(began))
	}
	require.Less(t, fastest, time.Second)
	slow.Wait()
	require.Less(t, time.Since(opened), 10*time.Second, "half headers are cut in time")
}
