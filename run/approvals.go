package run

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"spool/claude"
	"spool/procman"
	"spool/schema"
	"spool/store"
)

// approvals are a run's requests for approvals.
type approvals struct {
	decided chan struct{} // rings when one that was pending is not any more

	mu      sync.Mutex
	process *procman.Process  // guarded by mu: that can be answered; nil if none can
	closed  string            // guarded by mu: why nobody is asked any more
	list    []schema.Approval // guarded by mu: the oldest first
}

// Approvals returns the run's requests for approvals, the oldest first. Of a run that has ended
// before somebody asked for it they come from the store; else the inputs of decided ones may be
// left out.
func (r *Run) Approvals() []schema.Approval {
	r.approvals.mu.Lock()
	list := slices.Clone(r.approvals.list)
	r.approvals.mu.Unlock()
	if len(list) == 0 && r.ticket == nil {
		list, _ = r.registry.approvals(context.Background(), store.ApprovalFilter{Run: r.ID})
	}
	return list
}

// open says whom answers go to.
func (p *approvals) open(process *procman.Process) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.process = process
}

// close says why nobody is asked any more, unless that is known, and returns what is pending.
func (p *approvals) close(why string) (pending []string) {
	p.mu.Lock()
	if p.closed == "" {
		p.closed = why
	}
	p.mu.Unlock()
	return p.pending(time.Time{})
}

// add adds a request.
func (p *approvals) add(a schema.Approval) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.list = append(p.list, a)
}

// maxSettled is how many bytes of a call are kept in memory that was decided.
const maxSettled = 64 << 10

// settle replaces a request by what has become of it, and returns whom to answer. A long call
// is left out from then on: the store has it.
func (p *approvals) settle(a schema.Approval) *procman.Process {
	if len(a.Input) > maxSettled {
		a.Input = jsontext.Value("null")
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range p.list {
		if p.list[i].ID == a.ID {
			p.list[i] = a
		}
	}
	return p.process
}

// pending returns the ids of what is pending, and expires by then unless that is zero.
func (p *approvals) pending(by time.Time) (ids []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, a := range p.list {
		if a.State == schema.ApprovalPending && (by.IsZero() || a.ExpiresAt != nil && !a.ExpiresAt.After(by)) {
			ids = append(ids, a.ID)
		}
	}
	return ids
}

// why is why nobody is asked any more, "" as long as somebody is.
func (p *approvals) why() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.closed
}

// tellWaiting makes the run one that waits, or that runs again, and tells.
func (r *Run) tellWaiting() {
	p := &r.approvals
	r.change(func(record *store.Run) {
		switch waits := len(p.pending(time.Time{})) > 0; {
		case waits && record.State == schema.Running:
			record.State = schema.Waiting
		case !waits && record.State == schema.Waiting:
			record.State = schema.Running
		}
	})
	select {
	case p.decided <- struct{}{}:
	default:
	}
}

// readApprovals does what the line that was read last says of an approval.
func (w *watch) readApprovals() {
	if ask := w.turn.Ask; ask != nil {
		w.ask(ask)
	}
	if id := w.turn.Cancelled; id != "" {
		w.rule(ApprovalID(w.run.ID, id), ruling{state: schema.ApprovalCancelled, by: byServer, reason: "the agent has taken the request back", unasked: true})
	}
}

// tooLong is what the model is told of a call that nobody could look through.
const tooLong = "the call is too long to be approved"

// ask puts a request where somebody can answer it, which is on disk by then, or decides it if
// that is nobody's business.
func (w *watch) ask(ask *claude.Ask) {
	r := w.run
	a, ruled := r.newApproval(ask), r.rule(ask)
	if ruled != nil {
		ruled.apply(&a)
	}
	if err := r.registry.store.InsertApproval(context.Background(), a); err != nil {
		w.fail("keep request for an approval", err)
		return
	}
	if ruled != nil && ruled.state == schema.ApprovalCancelled { // it may have been there already
		if stored, err := r.registry.store.Approval(context.Background(), a.User, a.ID); err == nil {
			a = stored
		}
	}
	r.approvals.add(a.Approval)
	r.registry.asked.ring()
	r.tellWaiting()
	w.heedApprovals()
	if ruled != nil {
		r.log.Info("approval decided", "approval", a.ID, "tool", a.Tool, "state", a.State, "by", a.DecidedBy)
	}
	if ruled != nil && !ruled.unasked {
		if err := r.registry.agent.Answer(w.process, a.RequestID, ruled.answer(a)); err != nil {
			r.log.Warn("answer claude", "error", err)
		}
	}
}

// rule decides a request about which nobody is asked, nil for any other.
func (r *Run) rule(ask *claude.Ask) *ruling {
	why := r.approvals.why()
	switch {
	case why != "":
		return &ruling{state: schema.ApprovalCancelled, by: byServer, reason: why, unasked: true}
	case ask.Input == nil:
		return &ruling{state: schema.ApprovalDenied, by: byServer, reason: tooLong}
	case r.registry.denies(ask.Tool):
		return &ruling{state: schema.ApprovalDenied, by: byServer, reason: "this server does not allow the tool " + ask.Tool}
	default:
		return nil
	}
}

// denies reports whether nobody can allow a tool.
func (g *Registry) denies(tool string) bool {
	return slices.ContainsFunc(g.config.DenyTools, func(entry string) bool {
		return tool == entry || strings.HasPrefix(tool, entry+"__")
	})
}

// rule decides a request, if it is pending.
func (w *watch) rule(id string, d ruling) {
	if !slices.Contains(w.run.approvals.pending(time.Time{}), id) {
		return
	}
	if _, err := w.run.decide(id, d); err != nil {
		w.run.log.Warn("decide approval", "approval", id, "error", err)
	}
}

// expireApprovals denies what nobody has answered in time.
func (w *watch) expireApprovals() {
	for _, id := range w.run.approvals.pending(time.Now()) {
		w.rule(id, ruling{state: schema.ApprovalTimedOut, by: byServer, reason: timedOutAfter(w.run.registry.config.ApprovalTimeout)})
	}
	w.heedApprovals()
}

// cancelApprovals cancels what is pending in a run that ends, or is ended. The agent needs no
// answer: it has its result, has ended, or is about to be told.
func (w *watch) cancelApprovals() {
	why := "the run has ended"
	if reason := w.run.reason(); reason != nil {
		why = reason.Text
	}
	for _, id := range w.run.approvals.close(why) {
		w.rule(id, ruling{state: schema.ApprovalCancelled, by: byServer, reason: why, unasked: true})
	}
}

// paused is what was left of the deadlines when they were stopped.
type paused struct {
	since      time.Time // zero if they go on
	wall, idle time.Duration
}

// heedApprovals stops the deadlines while somebody is asked, and has them go on with what was
// left of them after that.
func (w *watch) heedApprovals() {
	pending := w.run.approvals.pending(time.Time{})
	switch waits := len(pending) > 0; {
	case waits && w.left.since.IsZero():
		w.pause()
	case !waits && !w.left.since.IsZero():
		w.unpause()
	}
	w.expires = w.run.approvals.expiry()
}

func (w *watch) pause() {
	w.left = paused{since: time.Now(), wall: w.wall.left(), idle: w.idle.left()}
	w.wall, w.idle, w.wallIsClose = deadline{}, deadline{}, false
	if !w.run.Warning().IsZero() {
		w.run.warn(time.Time{})
	}
}

func (w *watch) unpause() {
	if w.left.wall > 0 {
		w.wall = newDeadline(w.run.timeout(), w.left.wall)
	}
	if w.left.idle > 0 {
		w.idle = newDeadline(w.run.registry.config.IdleTimeout, w.left.idle)
	}
	w.left = paused{}
}

// expiry is when the first of the pending requests waits for too long, nil if that is never.
func (p *approvals) expiry() <-chan time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	var first *time.Time
	for _, a := range p.list {
		if a.State == schema.ApprovalPending && a.ExpiresAt != nil && (first == nil || a.ExpiresAt.Before(*first)) {
			first = a.ExpiresAt
		}
	}
	if first == nil {
		return nil
	}
	return time.After(time.Until(*first))
}
