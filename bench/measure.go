package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"
)

// settle is how long a server is left alone before its memory is read.
const settle = 2 * time.Second

// samples are one server's figures, one entry per round (of times: several).
type samples struct {
	linesPerSecond map[string][]float64 // by the agent's way of writing
	cpuPerMillion  map[string][]float64 // seconds
	firstLine      []float64            // milliseconds
	overhead       []float64            // milliseconds more than the fork+exec that came next
	idleKiB        []float64            // per connection
}

func newSamples() *samples {
	return &samples{linesPerSecond: map[string][]float64{}, cpuPerMillion: map[string][]float64{}}
}

// results are the samples by the server's name, and the plain fork+exec times
// taken between them, in milliseconds.
type results struct {
	servers  map[string]*samples
	forkExec []float64
}

// measure takes the servers by turns in every round, each started afresh, so
// that a slow minute of the machine hits both.
func measure(p plan, agent string, servers []command) (results, error) {
	res := results{servers: map[string]*samples{}}
	for _, c := range servers {
		res.servers[c.name] = newSamples()
	}
	for round := range p.rounds {
		fmt.Fprintf(os.Stderr, "round %d of %d\n", round+1, p.rounds)
		for i := range servers {
			c := servers[(i+round)%len(servers)] // nobody is always first
			if err := res.round(p, agent, c); err != nil {
				return res, fmt.Errorf("measure %s: %w", c.name, err)
			}
		}
	}
	return res, nil
}

// round measures one server: idle memory first, while it is fresh.
func (r *results) round(p plan, agent string, c command) error {
	s, err := start(c)
	if err != nil {
		return err
	}
	defer s.stop()
	mine := r.servers[c.name]
	if err := mine.idle(s, p.idle); err != nil {
		return err
	}
	if err := r.starts(s, agent, p.starts); err != nil {
		return err
	}
	for _, how := range []string{inChunks, lineByLine} {
		if err := mine.throughput(s, p.lines, how); err != nil {
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
	return residentKiB(s.cmd.Process.Pid)
}

// starts takes first-line times through the server and, by turns, of the same
// program started directly.
func (r *results) starts(s *server, agent string, n int) error {
	for range n {
		through, err := firstLine(s.addr)
		if err != nil {
			return err
		}
		direct, err := forkExec(agent)
		if err != nil {
			return err
		}
		mine := r.servers[s.name]
		mine.firstLine = append(mine.firstLine, milliseconds(through))
		mine.overhead = append(mine.overhead, milliseconds(through-direct))
		r.forkExec = append(r.forkExec, milliseconds(direct))
	}
	return nil
}

func firstLine(addr string) (time.Duration, error) {
	c, err := dial(addr)
	if err != nil {
		return 0, err
	}
	defer c.close()
	began := time.Now()
	if err := c.send("1 " + inChunks); err != nil {
		return 0, err
	}
	got, err := c.drain()
	return got.first.Sub(began), err
}

// forkExec starts the agent as a shell would and waits for its first line.
func forkExec(agent string) (time.Duration, error) {
	began := time.Now()
	cmd := exec.Command(agent, "-p")
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return 0, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return 0, err
	}
	if err := cmd.Start(); err != nil {
		return 0, fmt.Errorf("start agent: %w", err)
	}
	if err := json.NewEncoder(stdin).Encode(userLine("1 " + inChunks)); err != nil {
		return 0, fmt.Errorf("write prompt: %w", err)
	}
	lines := bufio.NewReader(stdout)
	_, err = lines.ReadString('\n')
	took := time.Since(began)
	if err != nil {
		return 0, fmt.Errorf("read first line: %w", err)
	}
	if _, err := io.Copy(io.Discard, lines); err != nil {
		return 0, fmt.Errorf("read agent: %w", err)
	}
	return took, cmd.Wait()
}

// throughput runs one prompt of n lines and checks that all of them came.
func (m *samples) throughput(s *server, n int, how string) error {
	c, err := dial(s.addr)
	if err != nil {
		return err
	}
	defer c.close()
	before, err := cpuTime(s.cmd.Process.Pid)
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
	after, err := cpuTime(s.cmd.Process.Pid)
	if err != nil {
		return err
	}
	millions := float64(n) / 1e6
	m.linesPerSecond[how] = append(m.linesPerSecond[how], float64(n)/got.last.Sub(got.first).Seconds())
	m.cpuPerMillion[how] = append(m.cpuPerMillion[how], (after-before).Seconds()/millions)
	return nil
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
