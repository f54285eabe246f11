package run

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"

	"spool/claude"
	"spool/store"
)

// Turn is what a run of a conversation needs besides.
type Turn struct {
	store.Turn
	User string
	// Prompt is what the agent is given. It may be longer than that of a payload.
	Prompt string
	// Wishes is what the agent is started with.
	Wishes claude.Wishes
}

// wishes is what the CLI is to be started with.
func (r *Run) wishes() claude.Wishes {
	if r.turn != nil {
		return r.turn.wishes()
	}
	return claude.Wishes{
		Partial: r.record.Partial, Model: r.record.Model, Session: r.record.Resumes, Fork: r.record.Resumes != "", At: r.record.ResumesAt,
	}
}

func (t *Turn) wishes() claude.Wishes {
	wishes := t.Wishes
	wishes.Turns = true
	return wishes
}

// prompt is what the CLI is given.
func (r *Run) prompt() string {
	if r.turn != nil {
		return r.turn.Prompt
	}
	return r.record.Prompt
}

// newTurn is a turn of which nothing is known yet.
func (r *Run) newTurn() claude.Turn {
	if r.conversation == "" {
		return claude.Turn{}
	}
	sum := sha256.Sum256([]byte(r.ID))
	sum[6], sum[8] = sum[6]&0x0f|0x40, sum[8]&0x3f|0x80 // as RFC 9562 has it
	return claude.Turn{Closely: true, Prompt: fmt.Sprintf("%x-%x-%x-%x-%x", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])}
}

// isAnswer reports whether a conversation does not take a turn.
func isAnswer(err error) bool {
	return errors.Is(err, store.ErrMoved) || errors.Is(err, store.ErrActive) || errors.Is(err, store.ErrNotFound)
}

// insert brings the run's record to the disk, together with what it changes in its conversation.
func (r *Run) insert(ctx context.Context) error {
	if r.turn == nil {
		return r.registry.store.Insert(ctx, r.record)
	}
	_, err := r.registry.store.InsertTurn(ctx, r.record, r.turn.Turn)
	return err
}
