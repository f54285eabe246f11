package main

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// load is a way to have lines printed.
type load struct {
	how      string // the agent writes
	many     bool   // over many connections at once
	rate     measure
	cpu      measure
	headline string
}

var (
	chunksRate = measure{"k lines/s, in chunks", "%.0f"}
	singleRate = measure{"k lines/s, line by line", "%.0f"}
	manyRate   = measure{"k lines/s, many connections", "%.0f"}
	chunksCPU  = measure{"server CPU s per million lines, in chunks", "%.2f"}
	singleCPU  = measure{"server CPU s per million lines, line by line", "%.2f"}
	manyCPU    = measure{"server CPU s per million lines, many connections", "%.2f"}
)

var loads = []load{
	{inChunks, false, chunksRate, chunksCPU, "One connection, the agent writes in chunks of 64 KiB"},
	{lineByLine, false, singleRate, singleCPU, "One connection, the agent writes line by line"},
	{inChunks, true, manyRate, manyCPU, "Many connections at once, chunks of 64 KiB"},
}

const (
	pipeName  = "bare pipe"
	warmUp    = 10_000 // lines before anything is measured
	timesMore = 4      // lines for servers that would be done in a moment
)

// throughput measures how many lines a second come to a client, and what they cost the server.
func (r *rig) throughput() error {
	field := append(r.those(us, peer, limit), contestant{name: pipeName, kind: limit})
	err := r.byTurns("lines", len(field), func(i int) error {
		if field[i].name == pipeName {
			return r.pipeRound()
		}
		return r.throughputRound(field[i])
	})
	for _, l := range loads {
		fmt.Print(r.board.table(fmt.Sprintf("%s; lines of %d bytes, %d rounds by turns:", r.title(l), lineBytes, r.rounds),
			contestantNames(field), l.rate, l.cpu))
	}
	return err
}

func (r *rig) title(l load) string {
	if l.many {
		return fmt.Sprintf("%s (%d)", l.headline, r.conns)
	}
	return l.headline
}

func (r *rig) throughputRound(c contestant) error {
	s, err := c.start(r.agent())
	if err != nil {
		return err
	}
	defer s.stop()
	if _, err := s.prompt(fmt.Sprint(warmUp, " ", inChunks)); err != nil {
		return fmt.Errorf("warm up %s: %w", s.name, err)
	}
	for _, l := range loads {
		if s.name == framesName && l.how == lineByLine {
			continue // it has no agent that could write so
		}
		if err := r.carry(s, l); err != nil {
			r.board.fail(s.name, err, l.rate, l.cpu)
		}
	}
	return nil
}

// carry takes one server's figures of one load.
func (r *rig) carry(s *server, l load) error {
	n, conns := r.linesFor(s.name), 1
	if l.many {
		conns = r.conns
	}
	before, err := cpuTime(s.pid())
	if err != nil {
		return err
	}
	took, err := s.printTo(conns, n/conns, l.how)
	if err != nil {
		return err
	}
	after, err := restingCPU(s.pid())
	if err != nil {
		return err
	}
	lines := float64(n / conns * conns)
	r.board.add(s.name, l.rate, lines/1000/took.Seconds())
	r.board.add(s.name, l.cpu, (after-before).Seconds()/(lines/1e6))
	return nil
}

// linesFor is more for those who batch.
func (r *rig) linesFor(name string) int {
	if slices.Contains([]string{spoolName, otherSpool, relayName, framesName, pipeName}, name) {
		return timesMore * r.lines
	}
	return r.lines
}

// printTo has n lines printed to each of some connections at once, and returns the time from the first line at the
// first client to the result line at the last one.
func (s *server) printTo(conns, n int, how string) (time.Duration, error) {
	clients, err := s.dialMany(conns, clientBuf)
	defer closeAll(clients)
	if err != nil {
		return 0, err
	}
	got, faults := make([]received, conns), make([]error, conns)
	var reading sync.WaitGroup
	for i, c := range clients {
		reading.Go(func() {
			if faults[i] = c.send(fmt.Sprint(n, " ", how)); faults[i] == nil {
				got[i], faults[i] = c.drain()
			}
			if faults[i] == nil {
				faults[i] = got[i].whole(int64(n) * lineBytes)
			}
		})
	}
	reading.Wait()
	return span(got), errors.Join(faults...)
}

func span(got []received) time.Duration {
	first, last := got[0].first, got[0].last
	for _, g := range got {
		if g.first.Before(first) {
			first = g.first
		}
		if g.last.After(last) {
			last = g.last
		}
	}
	return last.Sub(first)
}
