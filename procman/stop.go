package procman

import (
	"context"
	"syscall"
	"time"
)

// Rung is a step of the ladder on which a process is ended.
type Rung string

// The rungs, from the most polite.
const (
	RungExit Rung = "exit"    // it ended by itself and left nothing behind
	RungTerm Rung = "SIGTERM" // it, or what it left behind, was asked to end
	RungKill Rung = "SIGKILL" // it was ended
)

// Waits of the ladder that nobody needs to set.
const (
	leftoverGrace = time.Second     // for what a process that ended by itself left behind
	killPatience  = 5 * time.Second // for the kernel to end what was killed
	firstPoll     = time.Millisecond
	lastPoll      = 50 * time.Millisecond
)

// Proof says what it took to end a process, and what was found afterwards.
type Proof struct {
	// Rung is the last step that was needed.
	Rung Rung
	// Survivors are the processes that are still there. None is the proof that the
	// whole tree is gone.
	Survivors []int
}

// Stop ends the process and everything that it started: SIGTERM, then after grace, or when
// ctx is done, SIGKILL; with no grace SIGKILL at once. What a process that already ended by
// itself left behind gets at most a second. Stop returns when nothing is left or nothing
// more can be done. It may be called again, from anywhere: the first call counts, the
// others wait for it.
func (p *Process) Stop(ctx context.Context, grace time.Duration) (Exit, Proof) {
	p.stopOnce.Do(func() {
		p.proof = p.descend(ctx, grace)
		p.exit = p.reap()
	})
	return p.exit, p.proof
}

// descend goes down the ladder as far as it must.
func (p *Process) descend(ctx context.Context, grace time.Duration) Proof {
	if p.ended() {
		grace = min(grace, leftoverGrace)
		if p.gone() {
			return Proof{Rung: RungExit}
		}
	}
	if grace > 0 && p.terminate(ctx, grace) {
		return Proof{Rung: RungTerm}
	}
	return Proof{Rung: RungKill, Survivors: p.kill()}
}

// terminate asks the leader to end, which may take its own down with it, then after half of
// the grace, or when it has ended, all that is left. It reports whether everything has gone.
// An agent whose tool is ended before it takes that for the tool's answer and goes on.
func (p *Process) terminate(ctx context.Context, grace time.Duration) bool {
	deadline := time.Now().Add(grace)
	if !p.ended() {
		p.leader.signal(syscall.SIGTERM)
	}
	select {
	case <-p.exited:
	case <-time.After(grace / 2):
	case <-ctx.Done():
	}
	members, _ := p.scope.members(p) // what is not found now is killed later
	signalAll(members, syscall.SIGTERM)
	return p.awaitGone(ctx, time.Until(deadline))
}

// kill ends every process, again and again while some start others, and returns those that
// are left when patience is over.
func (p *Process) kill() []int {
	deadline := time.Now().Add(killPatience)
	for {
		_ = p.scope.kill(p) // members tells whether it worked
		if p.awaitGone(context.Background(), lastPoll) {
			return nil
		}
		if time.Now().After(deadline) {
			return p.survivors()
		}
	}
}

// survivors returns what is left. Where that cannot be told, the leader stands for it.
func (p *Process) survivors() []int {
	members, err := p.scope.members(p)
	if err != nil {
		return []int{p.leader.pid}
	}
	return pids(members)
}

// awaitGone waits until nothing is left, at most for d and as long as ctx lasts.
func (p *Process) awaitGone(ctx context.Context, d time.Duration) bool {
	deadline := time.NewTimer(d)
	defer deadline.Stop()
	for poll := firstPoll; ; poll = min(2*poll, lastPoll) {
		if p.gone() {
			return true
		}
		select {
		case <-time.After(poll):
		case <-deadline.C:
			return p.gone()
		case <-ctx.Done():
			return p.gone()
		}
	}
}

// gone reports whether the leader is dead and nothing else is left.
func (p *Process) gone() bool {
	if !p.ended() {
		return false
	}
	members, err := p.scope.members(p)
	return err == nil && len(members) == 0
}

// ended reports whether the leader is dead.
func (p *Process) ended() bool {
	select {
	case <-p.exited:
		return true
	default:
		return false
	}
}

// reap takes the leader's status from the kernel, which frees its id, and gives back
// everything else. A leader that not even SIGKILL ended keeps its id.
func (p *Process) reap() Exit {
	defer p.scope.release()
	defer p.supervisor.unregister(p)
	if p.adopted() {
		return Exit{Code: -1}
	}
	if !p.ended() {
		return Exit{Code: -1, Signal: syscall.SIGKILL}
	}
	state, err := p.state, error(nil)
	if state == nil {
		state, err = p.process.Wait()
	}
	if err != nil {
		return Exit{Code: -1}
	}
	return newExit(state)
}
