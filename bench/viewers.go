package main

import (
	"fmt"
	"strings"
	"time"
)

const (
	toldLines  = 100 // that the live run prints …
	toldDuring = 5 * time.Second
	lookEvery  = 50 * time.Millisecond
)

// crowd is one server's figures of many viewers, an entry per round.
type crowd struct{ idleKiB, busyKiB, cpuPerMillion []float64 }

// viewers measures what many viewers of one live run cost: in Spool, which reads a file for
// each of them, and in the plain server, which writes each line to one after the other.
func (r *rig) viewers() error {
	servers, got := []command{r.spoolServer("viewers"), r.fiberServer()}, make([]crowd, 2)
	err := r.byTurns("viewers", len(servers), func(i int) error { return got[i].round(servers[i], r.plan.viewers) })
	if err != nil {
		return err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "\n%d rounds by turns; %d viewers of one live run, which prints %d lines of %d bytes in %s.\n\n",
		r.rounds, r.plan.viewers, toldLines, lineBytes, toldDuring)
	writeRow(&b, "viewers of one run", servers[0].name, servers[1].name, "ratio")
	writeRow(&b, "---", "---:", "---:", "---:")
	for _, row := range []row{
		{"KiB resident per viewer, while nothing is printed", "%.1f", got[0].idleKiB, got[1].idleKiB},
		{"KiB resident per viewer, at most while lines are printed", "%.1f", got[0].busyKiB, got[1].busyKiB},
		{"server CPU s per million lines to a viewer", "%.2f", got[0].cpuPerMillion, got[1].cpuPerMillion},
	} {
		b.WriteString(row.String())
	}
	fmt.Print(b.String())
	return nil
}

// round takes one server's figures of one round.
func (c *crowd) round(of command, viewers int) error {
	s, err := start(of)
	if err != nil {
		return err
	}
	defer s.stop()
	l, err := goLive(s)
	if err != nil {
		return err
	}
	defer l.close()
	before, err := settled(s)
	if err != nil {
		return err
	}
	if err := l.join(viewers); err != nil {
		return err
	}
	l.follow(toldLines)
	idle, err := settled(s)
	if err != nil {
		return err
	}
	c.idleKiB = append(c.idleKiB, float64(idle-before)/float64(viewers))
	return c.busy(s, l, before)
}

// busy has the run print.
func (c *crowd) busy(s *server, l *live, before int) error {
	used, err := cpuTime(s.pid())
	if err != nil {
		return err
	}
	most, err := mostResident(s, func() error { return speak(l.agent, toldLines, toldDuring) })
	if err != nil {
		return err
	}
	time.Sleep(settle)
	after, err := cpuTime(s.pid())
	if err != nil {
		return err
	}
	viewers := float64(len(l.viewers))
	c.busyKiB = append(c.busyKiB, float64(most-before)/viewers)
	c.cpuPerMillion = append(c.cpuPerMillion, (after-used).Seconds()/(viewers*toldLines/1e6))
	return l.end()
}

// mostResident returns the most memory that the server has while something is done.
func mostResident(s *server, do func() error) (most int, err error) {
	done := make(chan error, 1)
	go func() { done <- do() }()
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case err := <-done:
			return most, err
		case <-tick.C:
		}
		now, err := residentKiB(s.pid())
		if err != nil {
			return most, err
		}
		most = max(most, now)
	}
}
