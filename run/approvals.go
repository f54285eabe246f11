package run

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/go-json-experiment/json/jsontext"

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
