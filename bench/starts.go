package main

import (
	"fmt"
	"time"
)

var (
	startsAlone    = measure{"runs/s, one at a time", "%.0f"}
	startsTogether = measure{"runs/s, 8 at once", "%.0f"}
	startsFirst    = measure{"dial to first line, ms", "%.2f"}
	startsOverhead = measure{"the same less fork+exec, ms", "%.2f"}
	startsAccepted = measure{"dial to run frame, ms", "%.2f"}
	startsClose    = measure{"result line to close, ms", "%.2f"}
)

const together = 8 // runs

// startRuns measures runs of one line, which are over as soon as they have begun.
func (r *rig) startRuns() error {
	p, err := r.shellAgent()
	if err != nil {
		return err
	}
	field := append(r.those(us, peer), contestant{name: directName, kind: limit})
	err = r.byTurns("starts", len(field), func(i int) error {
		if field[i].name == directName {
			return r.startsDirect(p)
		}
		return r.startsRound(field[i], p)
	})
	names := contestantNames(field)
	fmt.Print(r.board.table(fmt.Sprintf("Runs of one line by a shell script, one after the other for %s; %d rounds by turns:", r.spell, r.rounds),
		names, startsAlone, startsTogether))
	fmt.Print(r.board.table(fmt.Sprintf("One of them, %d per round:", r.starts), names, startsFirst, startsOverhead, startsAccepted, startsClose))
	return err
}

func (r *rig) startsRound(c contestant, p program) error {
	s, err := c.start(p)
	if err != nil {
		return err
	}
	defer s.stop()
	if err := r.startsOf(s, p); err != nil {
		r.board.fail(s.name, err, startsAlone, startsTogether, startsFirst, startsOverhead)
	}
	return nil
}

func (r *rig) startsOf(s *server, p program) error {
	if err := r.firstLines(s, p); err != nil {
		return err
	}
	return r.spells(s.name, s.short)
}

// firstLines takes the times of single runs and, by turns, of the same program started directly.
func (r *rig) firstLines(s *server, p program) error {
	for range r.starts {
		began := time.Now()
		got, err := s.prompt("hi")
		if err == nil {
			err = got.whole(0)
		}
		if err != nil {
			return err
		}
		direct, err := forkExec(p)
		if err != nil {
			return err
		}
		first := milliseconds(got.first.Sub(began))
		r.board.add(s.name, startsFirst, first)
		r.board.add(s.name, startsOverhead, first-direct)
		r.board.add(s.name, startsClose, milliseconds(got.closed.Sub(got.last)))
		if got.run != "" {
			r.board.add(s.name, startsAccepted, milliseconds(got.accepted.Sub(began)))
		}
		r.board.add(directName, startsFirst, direct)
	}
	return nil
}

// short is one run of one line, for its own sake.
func (s *server) short() error {
	c, err := s.dial(smallBuf)
	if err != nil {
		return err
	}
	defer c.close()
	if err := c.send("hi"); err != nil {
		return err
	}
	got, err := c.drain()
	if err != nil {
		return err
	}
	return got.whole(0)
}
