package main

import (
	"fmt"
	"time"
)

// longMeasures are of one size.
type longMeasures struct {
	size    size
	seconds measure
	growth  measure
}

func longOf(n size) longMeasures {
	return longMeasures{n, measure{n.String() + ": s", "%.2f"}, measure{n.String() + ": peak memory, + MiB", "%.1f"}}
}

// longLines measures how long one long line takes, from the prompt to the result line behind it, and how much more
// memory the server has meanwhile. Who fails at a size is not asked again: some faults take half a minute.
func (r *rig) longLines() error {
	field := r.those(us, peer)
	for _, n := range r.long {
		m := longOf(n)
		err := r.byTurns("a line of "+n.String(), len(field), func(i int) error {
			if r.board.failed(field[i].name, m.seconds) {
				return nil
			}
			return r.longRound(field[i], m)
		})
		if err != nil {
			return err
		}
	}
	for _, n := range r.long {
		m := longOf(n)
		fmt.Print(r.board.table(fmt.Sprintf("A line of %s, from the prompt to the result line behind it; %d rounds by turns:", n, r.rounds),
			contestantNames(field), m.seconds, m.growth))
	}
	return nil
}

func (r *rig) longRound(c contestant, m longMeasures) error {
	s, err := c.start(r.agent())
	if err != nil {
		return err
	}
	defer s.stop()
	if _, err := s.prompt(fmt.Sprint(warmUp, " ", inChunks)); err != nil {
		return fmt.Errorf("warm up %s: %w", s.name, err)
	}
	if err := r.longLine(s, m); err != nil {
		r.board.fail(s.name, err, m.seconds, m.growth)
	}
	return nil
}

func (r *rig) longLine(s *server, m longMeasures) error {
	before, err := forgetPeak(s.pid())
	if err != nil {
		return err
	}
	began := time.Now()
	got, err := s.promptPatiently(r.silence, fmt.Sprintf("%d %s", m.size, oneLine))
	if err == nil {
		err = got.whole(int64(m.size))
	}
	if err != nil {
		return err
	}
	peak, err := peakKiB(s.pid())
	if err != nil {
		return err
	}
	r.board.add(s.name, m.seconds, got.last.Sub(began).Seconds())
	r.board.add(s.name, m.growth, float64(peak-before)/1024)
	return nil
}
