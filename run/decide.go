package run

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"spool/claude"
	"spool/procman"
	"spool/schema"
	"spool/store"
)

// ruling is how a request is decided.
type ruling struct {
	state   schema.ApprovalState
	by      string
	reason  string         // what the model is told of a denial, or why it was cancelled
	input   jsontext.Value // what the tool is called with; nil is what was asked for
	entry   jsontext.Value // the suggestion that the agent remembers; nil is none
	unasked bool           // the agent does not wait for an answer
}

// apply writes a ruling into what is kept of a request.
func (d ruling) apply(a *store.Approval) {
	now := time.Now().UTC()
	a.State, a.DecidedAt, a.DecidedBy, a.Reason = d.state, &now, d.by, d.reason
}

// answer is what the agent is told.
func (d ruling) answer(a store.Approval) claude.Answer {
	if d.state != schema.ApprovalAllowed {
		return claude.Answer{Message: d.reason}
	}
	if d.input == nil {
		d.input = a.Input
	}
	return claude.Answer{Allow: true, Input: d.input, Remember: d.entry}
}

// decide decides a pending request, and answers the agent when that is on disk. Only the first
// ruling counts: every other one is [store.ErrFinal], with the first one's approval.
func (r *Run) decide(id string, d ruling) (store.Approval, error) {
	a, err := r.registry.store.DecideApproval(context.Background(), id, d.apply)
	if err != nil {
		return a, err
	}
	r.tellRuling(r.approvals.settle(a.Approval), a, d)
	r.tellWaiting()
	return a, nil
}

// tellRuling logs a ruling, and answers the agent if its process waits for that. A nil process is
// none that could be answered.
func (r *Run) tellRuling(process *procman.Process, a store.Approval, d ruling) {
	r.log.Info("approval decided", "approval", a.ID, "tool", a.Tool, "state", a.State, "by", a.DecidedBy)
	if process == nil || d.unasked {
		return
	}
	if err := r.registry.agent.Answer(process, a.RequestID, d.answer(a)); err != nil {
		r.log.Warn("answer claude", "error", err)
	}
}

// Decide answers a request for an approval. The error is a [*schema.Error]: NOT_FOUND;
// INVALID_OPTION; APPROVAL_GONE for a request that is not open any more, which is returned
// with it.
func (g *Registry) Decide(ctx context.Context, user, id string, d schema.Decision, by string) (schema.Approval, error) {
	a, err := g.awaitApproval(ctx, user, id)
	if err != nil {
		return schema.Approval{}, g.noApproval(ctx, err)
	}
	if a.State != schema.ApprovalPending {
		return a.Approval, errApprovalGone
	}
	ruling, err := newRuling(a, d, by)
	if err != nil {
		return a.Approval, err
	}
	r := g.running(a.Run)
	if r == nil {
		return a.Approval, errApprovalGone
	}
	decided, err := r.decide(id, ruling)
	switch {
	case errors.Is(err, store.ErrFinal):
		return decided.Approval, errApprovalGone
	case err != nil:
		return a.Approval, g.noApproval(context.Background(), err)
	}
	return decided.Approval, nil
}

// askPatience is how much later than the line that asks a request may be known.
const askPatience = time.Second

// awaitApproval returns a request. Whoever reads a run's output may be faster than this server,
// and answer what it has not read yet.
func (g *Registry) awaitApproval(ctx context.Context, user, id string) (store.Approval, error) {
	for late := time.After(askPatience); ; {
		asked := g.asked.rings()
		a, err := g.store.Approval(ctx, user, id)
		if !errors.Is(err, store.ErrNotFound) || !g.talks() {
			return a, err
		}
		select {
		case <-asked:
		case <-late:
			return a, err
		case <-ctx.Done():
			return a, err
		}
	}
}

// talks reports whether a turn of any conversation goes on.
func (g *Registry) talks() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, r := range g.runs {
		if r.conversation != "" {
			return true
		}
	}
	return false
}

var (
	errApprovalGone = schema.NewError(schema.ApprovalGone, "the request was answered already, or is open no more")
	errNoApproval   = schema.NewError(schema.NotFound, "there is no such request for an approval")
)

// denied is what the model is told if who denies says nothing.
const denied = "the user does not allow that"

// newRuling checks an answer against the request.
func newRuling(a store.Approval, d schema.Decision, by string) (ruling, error) {
	if !d.Allow {
		message := d.Message
		if strings.TrimSpace(message) == "" {
			message = denied
		}
		return ruling{state: schema.ApprovalDenied, by: by, reason: message}, nil
	}
	if d.UpdatedInput != nil && (d.UpdatedInput.Kind() != '{' || !d.UpdatedInput.IsValid()) {
		return ruling{}, schema.NewError(schema.InvalidOption, "updatedInput must be an object")
	}
	entry, ok := suggested(a.Context.Suggestions, d.RememberEntry)
	if !ok {
		return ruling{}, schema.NewError(schema.InvalidOption, "rememberEntry must be one of the suggestions")
	}
	return ruling{state: schema.ApprovalAllowed, by: by, input: d.UpdatedInput, entry: entry}, nil
}

// suggested returns the suggestion that an entry is, however it is written. Nil is none.
func suggested(suggestions, entry jsontext.Value) (jsontext.Value, bool) {
	if entry == nil {
		return nil, true
	}
	var list []jsontext.Value
	if json.Unmarshal(suggestions, &list) != nil {
		return nil, false
	}
	want, ok := canonical(entry)
	for _, suggestion := range list {
		if have, valid := canonical(suggestion); ok && valid && bytes.Equal(have, want) {
			return suggestion, true
		}
	}
	return nil, false
}

// canonical returns a value in the one form that all its spellings have.
func canonical(value jsontext.Value) (jsontext.Value, bool) {
	value = value.Clone()
	return value, value.Canonicalize() == nil
}
