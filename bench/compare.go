package main

import (
	"fmt"
	"time"
)

// settle is how long a server is left alone before its memory is read.
const settle = 2 * time.Second

// samples are one server's figures, one entry per round (of times: several).
type samples struct {
	linesPerSecond map[string][]float64 // by the agent's way of writing
	cpuPerMillion  map[string][]float64 // seconds
	accepted       []float64            // milliseconds to the run frame; none of a server that has none
	firstLine      []float64            // milliseconds
	overhead       []float64            // milliseconds more than the fork+exec that came next
	close          []float64            // milliseconds from the result line to the close frame
	idleKiB        []float64            // per connection
}

func newSamples() *samples {
	return &samples{linesPerSecond: map[string][]float64{}, cpuPerMillion: map[string][]float64{}}
}

// comparison is of two servers.
type comparison struct {
	*rig
	servers  []command
	samples  []*samples
	forkExec []float64 // milliseconds, taken between the first-line times
}

// compare measures one run on one connection through Spool and through a peer.
func (r *rig) compare() error {
	c := &comparison{rig: r, servers: []command{r.spoolServer("data"), r.peer()}, samples: []*samples{newSamples(), newSamples()}}
	err := r.byTurns("compare", len(c.servers), func(i int) error { return c.round(c.servers[i], c.samples[i]) })
	if err != nil {
		return err
	}
	fmt.Print(c.table())
	return nil
}

// peer is the plain server, or another Spool.
func (r *rig) peer() command {
	if r.against == "" {
		return r.plainServer()
	}
	other := r.spoolServer("peer")
	other.name, other.path = "the other", r.against
	return other
}

// round measures one server, which is started afresh: idle memory first.
func (c *comparison) round(of command, into *samples) error {
	s, err := start(of)
	if err != nil {
		return err
	}
	defer s.stop()
	if err := into.idle(s, c.idle); err != nil {
		return err
	}
	if err := c.starts(s, into); err != nil {
		return err
	}
	for _, how := range []string{inChunks, lineByLine} {
		if err := into.throughput(s, c.lines, how); err != nil {
			return err
		}
	}
	return nil
}

// idle compares the resident memory before and after n connections that have
// got their info frame and send nothing.
func (m *samples) idle(s *server, n int) error {
	first, err := dial(s.addr) // what is allocated once is not the connections'
	if err != nil {
		return err
	}
	defer first.close()
	before, err := settled(s)
	if err != nil {
		return err
	}
	for range n {
		c, err := dial(s.addr)
		if err != nil {
			return err
		}
		defer c.close()
	}
	after, err := settled(s)
	if err != nil {
		return err
	}
	m.idleKiB = append(m.idleKiB, float64(after-before)/float64(n))
	return nil
}

func settled(s *server) (int, error) {
	time.Sleep(settle)
	return residentKiB(s.pid())
}

// throughput runs one prompt of n lines and checks that all of them came.
func (m *samples) throughput(s *server, n int, how string) error {
	c, err := dial(s.addr)
	if err != nil {
		return err
	}
	defer c.close()
	before, err := cpuTime(s.pid())
	if err != nil {
		return err
	}
	if err := c.send(fmt.Sprintf("%d %s", n, how)); err != nil {
		return err
	}
	got, err := c.drain()
	if err != nil {
		return err
	}
	if want := n + 2; got.lines != want { // with init and result
		return fmt.Errorf("%d lines came, not %d", got.lines, want)
	}
	after, err := cpuTime(s.pid())
	if err != nil {
		return err
	}
	millions := float64(n) / 1e6
	m.linesPerSecond[how] = append(m.linesPerSecond[how], float64(n)/got.last.Sub(got.first).Seconds())
	m.cpuPerMillion[how] = append(m.cpuPerMillion[how], (after-before).Seconds()/millions)
	return nil
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
