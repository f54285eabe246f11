package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// output is what a run that has ended has printed.
type output struct {
	run, path    string
	lines, bytes int64
}

// size returns how many bytes so many lines of the output are. All but the first and the
// last line have the same length.
func (o output) size(lines int64) int64 {
	if lines == o.lines {
		return o.bytes
	}
	return lines * (lineBytes + 1)
}

// replay measures how fast the output of a run that has ended comes to one viewer and to
// many, through every door, and as a file.
func (r *rig) replay() error {
	s, err := start(r.spoolServer("replay"))
	if err != nil {
		return err
	}
	defer s.stop()
	o, err := r.record(s)
	if err != nil {
		return err
	}
	bare, err := launch(command{name: framesName, path: r.self, args: []string{copyServer, o.path}})
	if err != nil {
		return err
	}
	defer bare.kill()
	ways := []way{catWay(o.path), copyWay(bare)}
	for _, l := range linesWays {
		ways = append(ways, l.of(s, o))
	}
	ways = append(ways, socketWay(s, o, ""), socketWay(s, o, "spool.v1"))
	for _, viewers := range []int{1, r.many} {
		if err := r.replayTo(viewers, o, ways); err != nil {
			return err
		}
	}
	return nil
}

// record makes an output of the wanted size, which must be sealed.
func (r *rig) record(s *server) (o output, err error) {
	n := int64(r.plan.replay) / (lineBytes + 1)
	if o.run, err = finish(s.addr, fmt.Sprintf("%d %s", n, inChunks)); err != nil {
		return o, err
	}
	o.path = filepath.Join(r.dir, "replay", "proc", o.run, "stdout")
	info, err := os.Stat(o.path)
	if err != nil {
		return o, err
	}
	o.lines, o.bytes = n+2, info.Size()
	_, err = os.Stat(o.path + ".sum")
	return o, err
}

// rates are one way's figures, an entry per round.
type rates struct{ megabytes, cpuPerGiB []float64 }

// replayTo measures every way with so many viewers at once, and prints a table.
func (r *rig) replayTo(viewers int, o output, ways []way) error {
	got := make([]rates, len(ways))
	err := r.byTurns(fmt.Sprintf("replay to %d", viewers), len(ways), func(i int) error {
		time.Sleep(settle) // what the last one has left behind comes to its end
		if err := r.rate(ways[i], viewers, o, &got[i]); err != nil {
			return fmt.Errorf("%s: %w", ways[i].name, err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	fmt.Print(r.replayTable(viewers, o, ways, got))
	return nil
}

// rate takes one way's figures of one round. A single viewer must get everything; many are
// watched for a while only.
func (r *rig) rate(w way, viewers int, o output, into *rates) error {
	before, err := w.cpu()
	if err != nil {
		return err
	}
	began, patience := time.Now(), runTimeout
	if viewers > 1 {
		patience = r.window
	}
	total, spent, err := w.readBy(viewers, began.Add(patience))
	took := time.Since(began)
	if err == nil && viewers == 1 && total != o.bytes {
		err = fmt.Errorf("%d bytes came, not %d", total, o.bytes)
	}
	after, errCPU := w.cpu()
	if err = errors.Join(err, errCPU); err != nil {
		return err
	}
	into.megabytes = append(into.megabytes, float64(total)/1e6/took.Seconds())
	into.cpuPerGiB = append(into.cpuPerGiB, (spent+after-before).Seconds()/(float64(total)/(1<<30)))
	return nil
}

// cpu is what the way's server has used so far.
func (w way) cpu() (time.Duration, error) {
	if w.server == nil {
		return 0, nil
	}
	return cpuTime(w.server.pid())
}

// readBy has many read at once, and adds up what they get.
func (w way) readBy(viewers int, until time.Time) (total int64, spent time.Duration, err error) {
	var mu sync.Mutex
	var reading sync.WaitGroup
	for range viewers {
		reading.Go(func() {
			n, cpu, fault := w.read(until)
			mu.Lock()
			defer mu.Unlock()
			total, spent, err = total+n, spent+cpu, errors.Join(err, fault)
		})
	}
	reading.Wait()
	return total, spent, err
}

func (r *rig) replayTable(viewers int, o output, ways []way, got []rates) string {
	var b strings.Builder
	how := "the whole of it to one viewer"
	if viewers > 1 {
		how = fmt.Sprintf("%d viewers at once, all from the beginning, for %s; their rates added up", viewers, r.window)
	}
	fmt.Fprintf(&b, "\n%d rounds by turns; an output of %.0f MiB in lines of %d bytes, %s.\n\n", r.rounds, float64(o.bytes)/(1<<20), lineBytes, how)
	writeRow(&b, "replay", "MB/s", "of cat", "of a bare socket", "server CPU s per GiB")
	writeRow(&b, "---", "---:", "---:", "---:", "---:")
	for i, w := range ways {
		writeRow(&b, w.name, spread("%.0f", got[i].megabytes), ratio(got[i].megabytes, got[0].megabytes),
			ratio(got[i].megabytes, got[1].megabytes), spread("%.2f", got[i].cpuPerGiB))
	}
	return b.String()
}
