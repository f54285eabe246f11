package chat

import (
	"context"
	"io"
	"sync"
	"time"

	"spool/run"
	"spool/schema"
	"spool/spool"
)

// From says what of a journal a subscriber has.
type From struct {
	LastSeq int64
	Epoch   string // "" if unknown
	History bool   // finished runs are replayed too
}

// Subscription is a place in a conversation's journal. It belongs to one goroutine.
type Subscription struct {
	Conversation string
	Ack          schema.Subscribed // to be sent first

	journal *journal
	notify  func()
	reader  *spool.Reader // nil until something is to be read
	after   int64
	close   sync.Once
	release func()
}

// Subscribe begins to follow a conversation's journal. notify is called, from any goroutine and
// without blocking, when there may be more. The error is SESSION_NOT_FOUND or INTERNAL.
func (s *Service) Subscribe(ctx context.Context, user, id string, from From, notify func()) (*Subscription, error) {
	c, err := s.acquire(ctx, user, id)
	if err != nil {
		return nil, err
	}
	sub := &Subscription{Conversation: id, journal: c.journal, notify: notify, release: func() { s.release(c) }}
	c.mu.Lock()
	defer c.mu.Unlock()
	var start int64
	sub.Ack, start = c.ackLocked()
	sub.after = place(from, &sub.Ack, start)
	c.journal.follow(sub)
	return sub, nil
}

// place returns the seq behind which to replay, and says in the answer whether anything that the
// subscriber does not have is left out. start is where the run that goes on has begun.
func place(from From, ack *schema.Subscribed, start int64) int64 {
	unknown := from.LastSeq > ack.LastSeq || from.Epoch != "" && from.Epoch != ack.Epoch
	switch {
	case unknown && from.History:
		start = 0
	case from.History:
		return max(from.LastSeq, 0)
	case unknown:
	case from.LastSeq >= start:
		return from.LastSeq
	case from.LastSeq <= 0: // it has the history from elsewhere
		return start
	}
	ack.Replay, ack.Code = schema.ReplayReset, schema.ReplayGap
	return start
}

// ackLocked says how the conversation is, and behind which seq the frames of the run that goes on
// begin; without one that is the end. Requires c.mu.
func (c *conversation) ackLocked() (ack schema.Subscribed, start int64) {
	last, run := c.goesOnLocked()
	ack = schema.Subscribed{
		Kind: schema.KindChatSubscribed, SessionID: c.id, Timestamp: time.Now().UTC(), Replay: schema.ReplayComplete,
		LastSeq: last, Floor: 1, Epoch: c.journal.epoch, PendingPermissions: []schema.PendingPermission{},
	}
	if run == nil {
		return ack, last
	}
	ack.IsProcessing, ack.RunID = true, run.ID
	for _, a := range run.Approvals() {
		if a.State == schema.ApprovalPending {
			ack.PendingPermissions = append(ack.PendingPermissions, schema.PendingPermission{
				RequestID: a.ID, SessionID: c.id, RunID: a.Run, ToolName: a.Tool, Input: a.Input, Context: a.Context,
			})
		}
	}
	return ack, c.turn.from
}

// goesOnLocked returns the last seq of the journal, and the run whose end is not there by then,
// nil if there is none: who has seen the end waits for nothing more. Requires c.mu.
func (c *conversation) goesOnLocked() (last int64, goesOn *run.Run) {
	if c.turn == nil {
		return c.journal.lastSeq(), nil
	}
	last, ended := c.journal.state(c.turn.run.ID)
	if ended {
		return last, nil
	}
	return last, c.turn.run
}

func (j *journal) follow(s *Subscription) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.followers[s] = struct{}{}
}

func (j *journal) leave(s *Subscription) {
	j.mu.Lock()
	defer j.mu.Unlock()
	delete(j.followers, s)
}

// Next returns the next frame, valid until the next call, or io.EOF if there is none now. A
// damaged journal ends with [spool.ErrDamaged].
func (s *Subscription) Next() ([]byte, error) {
	if s.after >= s.journal.lastSeq() {
		return nil, io.EOF
	}
	if s.reader == nil {
		var err error
		if s.reader, err = spool.OpenAfter(s.journal.path, s.after, &s.journal.index); err != nil {
			return nil, err
		}
	}
	s.reader.Refresh()
	line, err := s.reader.Next()
	if err != nil {
		return nil, err
	}
	text := line.Bytes
	if text == nil {
		if text, err = io.ReadAll(line.Reader()); err != nil {
			return nil, err
		}
	}
	s.after = line.N
	return entry(text)
}

// Close ends it.
func (s *Subscription) Close() {
	s.close.Do(func() {
		s.journal.leave(s)
		if s.reader != nil {
			_ = s.reader.Close()
		}
		s.release()
	})
}
