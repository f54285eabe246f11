package run

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"sync"
	"time"

	"spool/claude"
	"spool/procman"
	"spool/schema"
	"spool/spool"
)

// Run is one prompt on its way.
type Run struct {
	// ID is ours, random, and safe in a path: "run_" and 26 letters and digits.
	ID string

	registry *Registry
	payload  schema.Payload
	files    *files
	index    spool.Index
	ticket   *ticket
	log      *slog.Logger

	ctx  context.Context // ends with the Reason why the run shall end
	stop context.CancelCauseFunc

	mu      sync.Mutex
	state   State         // guarded by mu
	outcome Outcome       // set before done is closed
	done    chan struct{} // closed when the run has its outcome and its output its end
}

// Stop ends the run for a reason. The first reason counts; a run that has its result, or
// its outcome, is not changed by it. Stop does not wait: Done tells when it has happened.
func (r *Run) Stop(reason *Reason) { r.stop(reason) }

// Done is closed when the run has ended.
func (r *Run) Done() <-chan struct{} { return r.done }

// Outcome is how the run ended. It may be asked for once Done is closed.
func (r *Run) Outcome() Outcome { return r.outcome }

// State is where the run is now.
func (r *Run) State() State {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.state
}

func (r *Run) setState(state State) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.state = state
}

// Position is the run's place in the queue, 1 being next, and 0 if it does not wait.
func (r *Run) Position() int { return r.registry.admission.position(r.ticket) }

// Moved rings when Position has changed.
func (r *Run) Moved() <-chan struct{} { return r.ticket.moved }

// serve is the run's life. It has one goroutine, and this is it.
func (r *Run) serve() {
	started := time.Now()
	r.outcome = r.live()
	r.setState(r.outcome.State)
	r.logEnd(time.Since(started))
	close(r.done)
	r.stop(nil) // frees the context
	if err := r.files.release(); err != nil {
		r.log.Error("remove run", "error", err)
	}
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
func (r *Run) live() Outcome {
	defer r.registry.admission.leave(r.ticket)
	select {
	case <-r.ticket.admitted:
	case <-r.ctx.Done():
	}
	if reason := r.reason(); reason != nil {
		return judge(claude.Turn{}, reason, procman.Exit{}, "")
	}
	r.setState(Starting)
	growth, err := r.registry.watcher.Watch(r.files.dir)
	if err != nil {
		return r.internal("watch output", err)
	}
	defer growth.Stop()
	process, err := r.launch()
	if err != nil {
		r.log.Warn("start claude", "error", err)
		return failed(schema.SpawnFailed, err.Error()+spawnHint(err))
	}
	return r.follow(process, growth)
}

// errWorkspace is what a client is told when runs have nowhere to work.
var errWorkspace = errors.New("the workspace is missing and cannot be made: check --workspace")

// spawnHint says what to do about a CLI that cannot be started.
func spawnHint(err error) string {
	if errors.Is(err, errWorkspace) {
		return ""
	}
	return "; " + claude.Hint
}

// launch starts the CLI with its output in the run's files.
func (r *Run) launch() (*procman.Process, error) {
	// An earlier run may have removed it.
	if err := os.MkdirAll(r.registry.config.Workspace, 0o700); err != nil {
		return nil, errWorkspace
	}
	return r.registry.agent.Start(claude.Launch{
		ID: r.ID, Dir: r.registry.config.Workspace, Partial: r.payload.Partial,
		Stdout: r.files.stdout, Stderr: r.files.stderr,
	})
}

// follow gives the process its prompt, watches it, ends it with all that it started, and
// judges what it did.
func (r *Run) follow(process *procman.Process, growth *spool.Growth) Outcome {
	r.setState(Running)
	lines, err := spool.OpenAfter(r.files.stdoutPath(), 0, &r.index)
	if err != nil {
		_ = process.Stdin.Close()
		process.Stop(r.registry.atOnce, 0)
		return r.internal("open output", err)
	}
	defer lines.Close()
	lines.Limit(r.registry.config.MaxOutput) // what is beyond is killed for it, and not even read
	w := &watch{run: r, process: process, growth: growth, lines: lines}
	w.serve()
	cutShort := r.reason() != nil && w.turn.Result == nil
	exit, proof := w.stop(w.stopGrace())
	turn, err := w.finish()
	if err != nil {
		return r.internal("read output", err)
	}
	if cutShort {
		turn.Result = nil // a result that came of being stopped makes up for nothing
	}
	outcome := judge(turn, r.reason(), exit, r.files.tail(r.registry.mask))
	outcome.Exit, outcome.Proof = exit, proof
	return r.masked(outcome)
}

// masked hides secrets in what a client is told.
func (r *Run) masked(o Outcome) Outcome {
	if o.Error != nil {
		o.Error = schema.NewError(o.Error.Code, cutText(r.registry.mask.Text(o.Error.Text), maxErrorText))
	}
	return o
}

// reason is why the run shall end, nil as long as it shall not.
func (r *Run) reason() *Reason {
	reason, _ := errors.AsType[*Reason](context.Cause(r.ctx))
	return reason
}

// internal logs a fault of the server and returns what the client is told of it.
func (r *Run) internal(what string, err error) Outcome {
	r.log.Error(what, "error", err)
	return failed(schema.Internal, "the server has a fault; its log has the cause of "+r.ID)
}
