package run

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"spool/claude"
	"spool/schema"
	"spool/store"
)

// ApprovalID returns the id of a run's request for an approval, by the id that the agent has
// given it. It is a function of these two alone, so that whoever reads the agent's output can
// name the request.
func ApprovalID(run, request string) string {
	sum := sha256.Sum256([]byte(run + "\x00" + request))
	return "apr_" + strings.ToLower(base32.StdEncoding.EncodeToString(sum[:]))[:26]
}

// byServer is who decides what nobody was asked for.
const byServer = "server"

// newApproval is what is kept of the agent's request.
func (r *Run) newApproval(ask *claude.Ask) store.Approval {
	sum := sha256.Sum256(ask.Input)
	record := r.stored()
	a := store.Approval{User: record.User, RequestID: ask.RequestID, Approval: schema.Approval{
		ID: ApprovalID(r.ID, ask.RequestID), Run: r.ID, Conversation: record.Conversation,
		State: schema.ApprovalPending, Tool: ask.Tool, Input: ask.Input, InputHash: hex.EncodeToString(sum[:]),
		Context: schema.ApprovalContext{
			Description: ask.Description, Reason: ask.Reason, BlockedPath: ask.BlockedPath, ToolUseID: ask.ToolUseID, Suggestions: ask.Suggestions,
		},
		CreatedAt: time.Now().UTC(),
	}}
	if most := r.registry.config.ApprovalTimeout; most > 0 {
		expires := a.CreatedAt.Add(most)
		a.ExpiresAt = &expires
	}
	return a
}

// noApproval returns what a client is told of an approval that could not be had.
func (g *Registry) noApproval(ctx context.Context, err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return errNoApproval
	}
	if ctx.Err() == nil {
		g.log.Error("read or decide approval", "error", err)
	}
	return schema.NewError(schema.Internal, "the server cannot read or decide that request; its log has the cause")
}

// Approval returns a request for an approval. The error is a [*schema.Error]: NOT_FOUND or INTERNAL.
func (g *Registry) Approval(ctx context.Context, user, id string) (schema.Approval, error) {
	a, err := g.store.Approval(ctx, user, id)
	if err != nil {
		return schema.Approval{}, g.noApproval(ctx, err)
	}
	return a.Approval, nil
}

// Approvals returns a user's pending requests of one conversation, or of all if it is "", the
// oldest first. The error is a [*schema.Error].
func (g *Registry) Approvals(ctx context.Context, user, conversation string) ([]schema.Approval, error) {
	return g.approvals(ctx, store.ApprovalFilter{User: user, Conversation: conversation, State: schema.ApprovalPending})
}

func (g *Registry) approvals(ctx context.Context, f store.ApprovalFilter) ([]schema.Approval, error) {
	stored, err := g.store.Approvals(ctx, f)
	if err != nil && !errors.Is(err, store.ErrDamaged) {
		return nil, g.noApproval(ctx, err)
	}
	if err != nil {
		g.log.Error("list approvals: some are left out", "error", err)
	}
	list := make([]schema.Approval, len(stored))
	for i, a := range stored {
		list[len(stored)-1-i] = a.Approval
	}
	return list, nil
}

// cancelLeft cancels what is pending of an earlier server: the agents that had asked have seen
// the end of their stdin, and go on without an answer.
func (g *Registry) cancelLeft(ctx context.Context) error {
	left, err := g.store.Approvals(ctx, store.ApprovalFilter{State: schema.ApprovalPending})
	for _, a := range left {
		_, failed := g.store.DecideApproval(ctx, a.ID, ruling{state: schema.ApprovalCancelled, by: byServer, reason: notAsked}.apply)
		err = errors.Join(err, failed)
	}
	if errors.Is(err, store.ErrDamaged) {
		g.log.Error("some requests for approvals are damaged", "error", err)
		return nil
	}
	return err
}

// notAsked is why a request is cancelled whose agent nobody can answer.
const notAsked = "the server was killed while the request was open"

// timedOutAfter is what the model is told when nobody answers.
func timedOutAfter(d time.Duration) string { return fmt.Sprintf("nobody answered within %v", d) }
