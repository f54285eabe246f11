package claude

import (
	"fmt"
	"os"
	"sync"
	"time"

	"spool/procman"
)

// Waiting is a process of the CLI that was started and waits for its prompt, and its files.
type Waiting struct {
	// Output has the id of the run that it may serve.
	Output
	Process *procman.Process
	// Snapshot is of what it was started from.
	Snapshot Snapshot

	started time.Time
	memory  int64 // bytes that it takes; guarded by the pool's mu
	once    sync.Once
	left    chan struct{} // closed when it was taken off its shelf
}

// Waits of a process that is not needed. An idle CLI ends with its stdin within 40 ms. One that
// still starts needs its time, but then leaves nothing half done behind, as it might at a signal.
const (
	closePatience = 2 * time.Second        // to end with its stdin
	dropGrace     = 500 * time.Millisecond // from SIGTERM to SIGKILL
)

// maxChatter is how many bytes a process may write before it has its prompt. The CLI is
// silent by then; something that is not would fill the disk.
const maxChatter = 1 << 20

// launch starts a process that waits.
func (p *Pool) launch(wishes Wishes) (*Waiting, error) {
	output, err := p.outputs.Create()
	if err != nil {
		return nil, err
	}
	now := p.agent.Snapshot(p.config.Dir) // before the start: what changes during it counts as changed
	process, err := p.agent.Start(Launch{
		ID: output.ID, Workspace: p.config.Dir, Stdout: output.Stdout, Stderr: output.Stderr, Wishes: wishes, Standby: true,
	})
	w := &Waiting{Output: output, Process: process, Snapshot: now, started: time.Now(), left: make(chan struct{})}
	if err != nil {
		p.remove(w)
		return nil, err
	}
	return w, nil
}

// Discard ends a process that no run needs any more, and removes its files.
func (p *Pool) Discard(w *Waiting) procman.Exit {
	_ = w.Process.Stdin.Close()
	patience := time.NewTimer(closePatience)
	defer patience.Stop()
	select {
	case <-w.Process.Exited():
	case <-patience.C:
	case <-p.atOnce.Done():
	}
	exit, proof := w.Process.Stop(p.atOnce, dropGrace)
	if len(proof.Survivors) > 0 { // its directory stays, by which the next server finds it
		p.log.Error("a waiting claude cannot be ended", "run", w.ID, "survivors", proof.Survivors)
		return exit
	}
	p.remove(w)
	return exit
}

// remove removes the files of a process that is gone.
func (p *Pool) remove(w *Waiting) {
	_, _ = w.Stdout.Close(), w.Stderr.Close()
	if err := p.outputs.Remove(w.ID); err != nil {
		p.log.Warn("remove files of a waiting claude", "run", w.ID, "error", err)
	}
}

// leave says that it waits no more.
func (w *Waiting) leave() { w.once.Do(func() { close(w.left) }) }

// alive reports whether it could still serve a run.
func (w *Waiting) alive() bool {
	select {
	case <-w.Process.Exited():
		return false
	case <-w.Process.Overrun():
		return false
	default:
		return true
	}
}

// why returns the counter of the reason why it cannot be used.
func (w *Waiting) why(now Snapshot, drops *Drops) *int64 {
	if w.Snapshot != now {
		return &drops.Stale
	}
	return &drops.Dead
}

// chatters reports whether it has written more than anything that waits would.
func (w *Waiting) chatters() bool {
	for _, file := range []*os.File{w.Stdout, w.Stderr} {
		if info, err := file.Stat(); err == nil && info.Size() > maxChatter {
			return true
		}
	}
	return false
}

// watch notices that a process does not wait any more, though nobody told it to.
func (p *Pool) watch(s *shelf, w *Waiting) {
	select {
	case <-w.left:
	case <-w.Process.Overrun():
		p.lose(s, w, "it started too many processes")
	case <-w.Process.Exited():
		p.lose(s, w, "")
	}
}

// lose replaces a process that cannot be used, later. Without a text its exit tells why.
func (p *Pool) lose(s *shelf, w *Waiting, why string) {
	if !p.takeOff(s, w) {
		return
	}
	waited := time.Since(w.started)
	exit := p.Discard(w)
	if why == "" {
		why = fmt.Sprintf("it ended while it waited, with status %d, signal %d", exit.Code, exit.Signal)
	}
	p.fail(s, w.Snapshot, waited, why)
}
