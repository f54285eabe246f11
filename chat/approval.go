package chat

import (
	"slices"

	"spool/schema"
)

func isRequest(f schema.ChatFrame) bool { return f.Kind == schema.KindPermissionRequest }

func isCancel(f schema.ChatFrame) bool { return f.Kind == schema.KindPermissionCancelled }

// awaitApproval returns when the run knows of the requests that frames tell of, and notes them.
func (t *turn) awaitApproval(frames []schema.ChatFrame) {
	for _, f := range frames {
		if !isRequest(f) {
			continue
		}
		for changed := t.run.Changed(); !t.knows(f.RequestID) && !t.ended(); changed = t.run.Changed() {
			select {
			case <-changed:
			case <-t.run.Done():
			}
		}
		t.asked[f.RequestID] = true
	}
}

func (t *turn) knows(approval string) bool {
	return slices.ContainsFunc(t.run.Approvals(), func(a schema.Approval) bool { return a.ID == approval })
}

// tellApprovals says of requests in the journal that they are open no more, and why.
func (t *turn) tellApprovals() {
	for _, a := range t.run.Approvals() {
		if !t.asked[a.ID] || a.State == schema.ApprovalPending {
			continue
		}
		delete(t.asked, a.ID)
		t.append(schema.ChatFrame{Kind: schema.KindPermissionCancelled, RequestID: a.ID, Reason: string(a.State), Text: a.Reason})
	}
	if !t.ended() {
		return
	}
	for id := range t.asked {
		delete(t.asked, id)
		t.append(schema.ChatFrame{Kind: schema.KindPermissionCancelled, RequestID: id, Reason: string(schema.ApprovalCancelled)})
	}
}
