package main

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const (
	unfinished = 3 // runs of either kind that a killed server leaves behind
	preparers  = 8 // runs at once, while old ones are made
)

// past is a server with a history, and what its start after a crash took, an entry per round.
type past struct {
	command
	what       string
	old        int       // runs that have ended long ago
	unfinished int       // runs of either kind
	ready      []float64 // milliseconds from the fork to "listening on"
	cpu        []float64 // milliseconds that it has used a while later, in all
}

// sweep measures how long a server that was killed takes to be back, by what it has behind it.
func (r *rig) sweep() error {
	pasts := []*past{{command: r.fiberServer(), what: "naive Fiber, any"}, {command: r.spoolServer("new"), what: "no runs"}}
	for _, old := range append(sizes{0}, r.old...) {
		what := fmt.Sprintf("%d unfinished runs, %d old ones", 2*unfinished, old)
		pasts = append(pasts, &past{command: r.spoolServer(fmt.Sprint("old-", old)), what: what, old: old, unfinished: unfinished})
	}
	for _, p := range pasts {
		if err := p.prepare(); err != nil {
			return err
		}
	}
	if err := r.byTurns("sweep", len(pasts), func(i int) error { return pasts[i].crash() }); err != nil {
		return err
	}
	fmt.Print(r.sweepTable(pasts))
	return nil
}

// prepare makes the old runs, by running them.
func (p *past) prepare() error {
	if p.old == 0 {
		return nil
	}
	s, err := start(p.command)
	if err != nil {
		return err
	}
	defer s.stop()
	var made atomic.Int64
	var working sync.WaitGroup
	faults := make([]error, preparers)
	for i := range preparers {
		working.Go(func() {
			for faults[i] == nil && made.Add(1) <= int64(p.old) {
				_, faults[i] = finish(s.addr, "1 "+inChunks)
			}
		})
	}
	working.Wait()
	return errors.Join(faults...)
}

// crash kills a server in the middle of its runs, and takes the figures of the next one.
func (p *past) crash() error {
	s, err := start(p.command)
	if err != nil {
		return err
	}
	left, err := p.leave(s)
	defer left.close()
	s.kill()
	if err != nil {
		return err
	}
	next, err := launch(p.command)
	if err != nil {
		return err
	}
	defer next.stop()
	defer left.close() // before that, or it would wait for them
	p.ready = append(p.ready, milliseconds(next.took))
	time.Sleep(settle)
	used, err := cpuTime(next.pid())
	if err != nil {
		return err
	}
	p.cpu = append(p.cpu, milliseconds(used))
	return left.check(next.addr)
}

// leftovers are runs that a server has not finished.
type leftovers []*live

// leave starts runs of both kinds: those that go on without anybody, and those that do not.
func (p *past) leave(s *server) (left leftovers, err error) {
	for i := range 2 * p.unfinished {
		begin := goLive
		if i < p.unfinished {
			begin = goDetached
		}
		l, err := begin(s)
		if err != nil {
			return left, err
		}
		left = append(left, l)
	}
	return left, nil
}

// check sees what became of the runs.
func (l leftovers) check(addr string) error {
	for i, run := range l {
		want := "running"
		if i >= len(l)/2 {
			want = "interrupted"
		}
		if got, err := state(addr, run.id); err != nil || got != want {
			return errors.Join(err, fmt.Errorf("run %s is %q, not %s", run.id, got, want))
		}
	}
	return nil
}

// close lets those end that still go on.
func (l leftovers) close() {
	for _, run := range l {
		run.close()
	}
}

func (r *rig) sweepTable(pasts []*past) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n%d rounds by turns; each server is killed (-9) and started again.\n\n", r.rounds)
	writeRow(&b, "start after a crash, with", "ms to \"listening on\"", "of no runs", fmt.Sprintf("CPU ms in the first %s", settle))
	writeRow(&b, "---", "---:", "---:", "---:")
	for _, p := range pasts {
		writeRow(&b, p.what, spread("%.0f", p.ready), ratio(p.ready, pasts[1].ready), spread("%.0f", p.cpu))
	}
	return b.String()
}
