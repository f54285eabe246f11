package run

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"spool/claude"
	"spool/procman"
	"spool/schema"
	"spool/store"
)

// serve is the run's life. It has one goroutine, and this is it.
func (r *Run) serve(live func() Outcome) {
	began := time.Now()
	outcome := live()
	r.registry.admission.leave(r.ticket)
	r.conclude(outcome)
	if r.retire != nil {
		r.registry.keeper.retire(r.retire)
	}
	r.logEnd(time.Since(began))
	r.stop(nil) // frees the context
}

// conclude makes the outcome the run's one and only. Who looks at the run is told when it
// is on disk, or cannot be brought there.
func (r *Run) conclude(o Outcome) {
	record, ended := r.stored(), time.Now().UTC()
	o.describe(&record.Run)
	record.EndedAt = &ended
	kept := r.keep(record)
	r.change(func(now *store.Run) { *now = record })
	r.outcome, r.lines = o, record.Lines
	close(r.done)
	r.changed.ring()
	for wait := time.Second; !kept; wait = min(2*wait, maxKeepAgain) {
		select {
		case <-time.After(wait):
			kept = r.keep(record)
		case <-r.registry.atOnce.Done():
			return // what is not on the disk is told by the output at the next start
		}
	}
}

// maxKeepAgain is how long after a failure, and all those before, a record is brought to
// the disk again.
const maxKeepAgain = 30 * time.Second

// keep brings a record to the disk, and reports whether that is done with: a full disk may
// have room later, and nothing else gets better.
func (r *Run) keep(record store.Run) bool {
	err := r.registry.store.Update(context.Background(), record)
	if err != nil {
		r.log.Error("keep record of run", "error", err)
	}
	for _, answer := range []error{store.ErrFinal, store.ErrFenced, store.ErrDamaged, store.ErrNotFound, store.ErrClosed} {
		if errors.Is(err, answer) {
			return true
		}
	}
	return err == nil
}

// logEnd writes the one record of how a run ended. The error's text is left out: it may hold
// what claude printed, and that a prompt.
func (r *Run) logEnd(took time.Duration) {
	o, level := r.outcome, slog.LevelInfo
	if len(o.Proof.Survivors) > 0 {
		level = slog.LevelError
	}
	r.log.Log(context.Background(), level, "run ended", "state", o.State, "code", o.Code(),
		"exit", o.Exit.Code, "signal", signalName(o.Exit.Signal), "stop", o.Proof.Rung, "survivors", o.Proof.Survivors, "took", took.Round(time.Millisecond))
}

// live waits for a place, starts the process and follows it to its end.
func (r *Run) live(own *files) Outcome {
	defer func() { r.start.Over() }()
	select {
	case <-r.ticket.admitted:
	case <-r.ctx.Done():
	}
	if reason := r.reason(); reason != nil && r.waiting() == nil {
		_ = own.close()
		return judge(claude.Turn{}, reason, procman.Exit{}, "")
	}
	r.setState(schema.Starting)
	l, err := r.launch(own)
	if err != nil {
		_ = own.close()
		r.log.Warn("start claude", "error", err)
		return notStarted(err)
	}
	defer r.handBack(l)
	return r.follow(l, (*watch).prompt)
}

// notStarted is the outcome of a run whose process cannot be started.
func notStarted(err error) Outcome {
	switch {
	case errors.Is(err, claude.ErrDir): // it was there when the run was accepted
		return failed(schema.InvalidOption, err.Error())
	case errors.Is(err, claude.ErrWorkspace):
		return failed(schema.SpawnFailed, err.Error())
	default:
		return failed(schema.SpawnFailed, err.Error()+"; "+claude.Hint)
	}
}

// launch returns the process that the run has taken, or that its conversation has kept, or
// starts the CLI with its output in the run's files.
func (r *Run) launch(own *files) (*living, error) {
	l := &living{id: r.ID, conversation: r.conversation, files: own, wishes: r.wishes()}
	if w := r.waiting(); w != nil {
		l.process, l.origin = w.Process, w.Snapshot
		return l, nil
	}
	if kept := r.reuse(); kept != nil {
		_ = own.close()
		return kept, nil
	}
	if r.start == nil { // its place came later
		r.start = r.registry.pool.BeginCold()
	}
	if err := r.registry.makeWorkspace(); err != nil {
		return nil, err
	}
	l.origin = r.registry.snapshot(l.wishes) // before the start: what changes during it counts as changed
	var err error
	l.process, err = r.registry.agent.Start(claude.Launch{
		ID: r.ID, Workspace: r.registry.config.Workspace, Stdout: own.out, Stderr: own.err, Wishes: l.wishes,
	})
	return l, err
}

// follow begins to watch the process in one way or another, ends it with all that it
// started, unless it goes on for its conversation, and judges what it did.
func (r *Run) follow(l *living, begin func(*watch) error) (o Outcome) {
	process := l.process
	defer func() { // one run's fault is not the others'
		if cause := recover(); cause != nil {
			o = r.internal("panic in run", fmt.Errorf("%v\n%s", cause, debug.Stack()))
			l.goesOn = false
			o.Exit, o.Proof = process.Stop(r.registry.atOnce, 0)
		}
	}()
	w, err := r.watch(l)
	if err != nil {
		closeInput(process)
		o := r.internal("watch output", err)
		o.Exit, o.Proof = process.Stop(r.registry.atOnce, 0)
		return o
	}
	defer w.close()
	r.setState(schema.Running)
	if err := begin(w); err != nil {
		w.fail("begin run", err)
	}
	w.serve()
	w.recordReason()
	w.cancelApprovals()
	exit, proof := w.end()
	err = w.finish()
	outcome := w.judge(exit)
	if err != nil {
		outcome = r.internal("read output", err)
	}
	outcome.Exit, outcome.Proof = exit, proof
	w.describe()
	w.hand()
	return r.masked(outcome)
}

// watch returns a watch over the process from the first line of its output on.
func (r *Run) watch(l *living) (*watch, error) {
	growth, err := r.registry.watcher.WatchPatiently(l.files.dir)
	if err != nil {
		return nil, err
	}
	lines, err := l.files.reader(l.files.stdout(), 0, false)
	if err != nil {
		growth.Stop()
		return nil, fmt.Errorf("open output: %w", err)
	}
	lines.Limit(l.files.base + r.registry.config.MaxOutput) // what is beyond is killed for it, and not even read
	return &watch{
		run: r, living: l, process: l.process, files: l.files, growth: growth, lines: lines, at: l.files.base,
		turn: r.newTurn(), patience: r.registry.config.StopGrace,
	}, nil
}

// masked hides secrets in what a client is told.
func (r *Run) masked(o Outcome) Outcome {
	if o.Error != nil {
		o.Error = schema.NewError(o.Error.Code, cutText(r.registry.mask.Text(o.Error.Text), maxErrorText))
	}
	return o
}
