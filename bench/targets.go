package main

import (
	"fmt"
	"strings"
)

// verdict is a figure that a target looks at, and whether it is good enough.
type verdict struct {
	figure string
	ok     bool
}

// target is something that Spool wants to reach. judge says false if it was not measured.
type target struct {
	what  string
	judge func(r *rig) (verdict, bool)
}

// targets of one run of all parts.
func (r *rig) targets() []target {
	list := []target{
		{"real CLI, first line: at most 1/8 of the best peer", atMostBest(cliFirst, 1.0/8)},
		{"real CLI, close: at most 1/3 of the best peer", atMostBest(cliClose, 1.0/3)},
		{"lines/s in chunks: 15 times websocketd", atLeast(chunksRate, websocketdName, 15)},
		{"lines/s in chunks: 85 % of the batching relay", atLeast(chunksRate, relayName, 0.85)},
		{"lines/s line by line: 3.5 times websocketd", atLeast(singleRate, websocketdName, 3.5)},
		{"lines/s over many connections: 7 times websocketd", atLeast(manyRate, websocketdName, 7)},
		{"CPU per line in chunks: at most 1/20 of websocketd", atMost(chunksCPU, websocketdName, 1.0/20)},
	}
	for _, n := range r.long {
		m := longOf(n)
		list = append(list,
			target{"a line of " + n.String() + ": no slower than websocketd", atMost(m.seconds, websocketdName, 1)},
			target{"a line of " + n.String() + ": peak memory + less than 32 MiB", below(m.growth, 32)})
	}
	return append(list,
		target{"streams, CPU: below websocketd", atMost(streamsCPU, websocketdName, 1)},
		target{"streams, p99: at most 1.5 times the best peer", atMostBest(streamsTail, 1.5)},
		target{"runs/s, one at a time: ahead of every peer", atLeastBest(startsAlone, 1)},
		target{"runs/s, 8 at once: ahead of every peer", atLeastBest(startsTogether, 1)},
		target{"dial to first line less fork+exec: ahead of every peer", atMostBest(startsOverhead, 1)},
		target{"idle connection: at most 8 KiB", below(idleMemory, 8)},
		target{"client that does not read: + less than 4 MiB", below(stalledGrowth, 4)},
		target{"client that does not read: p99 of others as before (within a quarter)", below(stalledFactor, 1.25)},
		target{"disconnect to whole tree gone: ahead of every peer", atMostBest(leaveTree, 1)},
		target{"disconnect: no process left", below(leaveLeft, 0.5)})
}

// below looks at Spool's own figure.
func below(m measure, bound float64) func(*rig) (verdict, bool) {
	return func(r *rig) (verdict, bool) {
		return r.judge(m, func(ours float64) verdict { return verdict{fmt.Sprintf(m.format, ours), ours < bound} })
	}
}

// atLeast looks at how many times as much as another's Spool's figure is.
func atLeast(m measure, than string, times float64) func(*rig) (verdict, bool) {
	return against(m, than, func(factor float64) bool { return factor >= times })
}

func atMost(m measure, than string, times float64) func(*rig) (verdict, bool) {
	return against(m, than, func(factor float64) bool { return factor <= times })
}

func against(m measure, than string, good func(factor float64) bool) func(*rig) (verdict, bool) {
	return func(r *rig) (verdict, bool) {
		return r.judge(m, func(ours float64) verdict { return r.compare(m, ours, than, good) })
	}
}

// compare sees Spool ahead of a contestant that was measured and has failed.
func (r *rig) compare(m measure, ours float64, than string, good func(factor float64) bool) verdict {
	theirs, ok := r.board.median(than, m)
	if !ok && r.board.failed(than, m) {
		return verdict{than + " failed", true}
	}
	if !ok || theirs <= 0 {
		return verdict{than + " was not measured", false}
	}
	return verdict{number(ours/theirs) + " × " + than, good(ours / theirs)}
}

func atLeastBest(m measure, times float64) func(*rig) (verdict, bool) {
	return againstBest(m, func(a, b float64) bool { return a > b }, func(factor float64) bool { return factor >= times })
}

func atMostBest(m measure, times float64) func(*rig) (verdict, bool) {
	return againstBest(m, func(a, b float64) bool { return a < b }, func(factor float64) bool { return factor <= times })
}

func againstBest(m measure, better func(a, b float64) bool, good func(factor float64) bool) func(*rig) (verdict, bool) {
	return func(r *rig) (verdict, bool) {
		best := ""
		for _, name := range r.peers(m) {
			if best == "" || better(r.must(name, m), r.must(best, m)) {
				best = name
			}
		}
		return r.judge(m, func(ours float64) verdict {
			if best == "" {
				return verdict{"every peer failed", true}
			}
			return r.compare(m, ours, best, good)
		})
	}
}

func (r *rig) must(name string, m measure) float64 {
	v, _ := r.board.median(name, m)
	return v
}

// judge is bad if Spool itself has failed.
func (r *rig) judge(m measure, of func(ours float64) verdict) (verdict, bool) {
	if r.board.failed(spoolName, m) {
		return verdict{"Spool failed: " + r.board.at(spoolName, m).faults[0], false}, true
	}
	ours, ok := r.board.median(spoolName, m)
	if !ok {
		return verdict{}, false
	}
	return of(ours), true
}

// targetTable shows those that were measured.
func (r *rig) targetTable() string {
	var rows strings.Builder
	for _, t := range r.targets() {
		v, measured := t.judge(r)
		if !measured {
			continue
		}
		reached := "**no**"
		if v.ok {
			reached = "yes"
		}
		writeRow(&rows, t.what, v.figure, reached)
	}
	if rows.Len() == 0 {
		return ""
	}
	return "\nTargets:\n\n| target | Spool | reached |\n| --- | ---: | --- |\n" + rows.String()
}
