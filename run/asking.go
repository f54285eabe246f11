package run

import (
	"context"
	"slices"
	"strings"
	"time"

	"spool/claude"
	"spool/schema"
	"spool/store"
)

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
	a, ruled := r.newApproval(ask), r.ownRuling(ask)
	if ruled != nil {
		ruled.apply(&a)
	}
	a, err := r.registry.insertApproval(a)
	if err != nil {
		w.fail("keep request for an approval", err)
		return
	}
	r.approvals.add(a.Approval)
	r.registry.asked.ring()
	r.tellWaiting()
	w.heedApprovals()
	if ruled != nil {
		r.tellRuling(w.process, a, *ruled)
	}
}

// insertApproval brings a request to the disk, and returns what is there: one that is cancelled at
// once may have been decided before.
func (g *Registry) insertApproval(a store.Approval) (store.Approval, error) {
	if err := g.store.InsertApproval(context.Background(), a); err != nil {
		return a, err
	}
	if a.State == schema.ApprovalCancelled {
		if stored, err := g.store.Approval(context.Background(), a.User, a.ID); err == nil {
			return stored, nil
		}
	}
	return a, nil
}

// ownRuling is the server's own about a request that nobody else is asked about, nil for any other.
func (r *Run) ownRuling(ask *claude.Ask) *ruling {
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
