package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
)

// measure is something that is measured of every contestant.
type measure struct {
	what   string
	format string // of a value
}

// cell is what was found out about one measure of one contestant.
type cell struct {
	values []float64 // one per round, or more
	faults []string  // of the rounds that brought none
}

// board holds what was found out. What a contestant fails at is a result too.
type board struct {
	cells map[string]map[measure]*cell
}

func newBoard() *board { return &board{cells: map[string]map[measure]*cell{}} }

// at is never nil.
func (b *board) at(name string, m measure) *cell {
	if b.cells[name] == nil {
		b.cells[name] = map[measure]*cell{}
	}
	if b.cells[name][m] == nil {
		b.cells[name][m] = &cell{}
	}
	return b.cells[name][m]
}

func (b *board) add(name string, m measure, values ...float64) {
	b.at(name, m).values = append(b.at(name, m).values, values...)
}

// fail notes for each of these measures in short what went wrong, and says it in full on stderr.
func (b *board) fail(name string, err error, measures ...measure) {
	fmt.Fprintf(os.Stderr, "  %s: %v\n", name, err)
	for _, m := range measures {
		b.at(name, m).faults = append(b.at(name, m).faults, inShort(err))
	}
}

// inShort is what fits into a table: a shortfall if there is one, or what was said first.
func inShort(err error) string {
	var short shortfall
	if errors.As(err, &short) {
		return string(short)
	}
	first, _, _ := strings.Cut(err.Error(), "\n")
	first, _, _ = strings.Cut(first, ":")
	return "failed: " + first
}

// failed reports whether a contestant has failed at this before. Some faults take long.
func (b *board) failed(name string, m measure) bool { return len(b.at(name, m).faults) > 0 }

// median is that of a contestant's values. One that has failed has none: its rounds that went well would flatter it.
func (b *board) median(name string, m measure) (float64, bool) {
	c := b.at(name, m)
	if len(c.values) == 0 || len(c.faults) > 0 {
		return 0, false
	}
	return median(c.values), true
}

// peers are the names of all peers that have values.
func (r *rig) peers(m measure) (names []string) {
	for _, c := range r.those(peer) {
		if _, ok := r.board.median(c.name, m); ok {
			names = append(names, c.name)
		}
	}
	return names
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}

// quantile is the value below which this part of all values is.
func quantile(values []float64, part float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[min(int(part*float64(len(sorted))), len(sorted)-1)]
}

// byTurns does something in every round with each of n contestants, so that a slow minute of the machine hits all of
// them, and nobody is always first.
func (r *rig) byTurns(what string, n int, do func(i int) error) error {
	for round := range r.rounds {
		fmt.Fprintf(os.Stderr, "%s: round %d of %d\n", what, round+1, r.rounds)
		for i := range n {
			if err := do((i + round) % n); err != nil {
				return err
			}
		}
	}
	return nil
}

// turns starts each contestant afresh in every round, and takes its figures. What goes wrong is noted for these measures.
func (r *rig) turns(what string, field []contestant, p program, take func(s *server) error, measures ...measure) error {
	return r.byTurns(what, len(field), func(i int) error {
		s, err := field[i].start(p)
		if err != nil {
			return err
		}
		defer s.stop()
		if err := take(s); err != nil {
			r.board.fail(s.name, err, measures...)
		}
		return nil
	})
}
