package chat

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"spool/run"
	"spool/schema"
	"spool/spool"
	"spool/store"
)

// turn is the run that a conversation waits for. One goroutine follows it and writes the journal.
type turn struct {
	*conversation
	run  *run.Run
	log  func(what string, err error)
	from int64         // the seq behind which its frames begin
	over chan struct{} // closed when the conversation has forgotten it

	ending bool // guarded by the conversation's mu: its last frame is about to be written

	done     progress        // what the journal has
	position int             // the last place in the queue that was told
	warned   time.Time       // the last deadline that was told
	asked    map[string]bool // ids of approvals in the journal that are open: their state is told when it changes
}

// startLocked begins to follow a run that was just accepted. The user's message comes first.
// Requires c.mu.
func (c *conversation) startLocked(r *run.Run, view *run.View, clientMessageID string, message store.Message) {
	t := c.newTurnLocked(r, newProgress(c.journal.lastSeq()))
	t.append(t.userFrame(clientMessageID, message))
	record, err := c.service.store.Conversation(context.Background(), c.user, c.id)
	if err == nil {
		c.service.events.tell(c.user, Event{Conversation: c.id, Messages: true, Session: record.Conversation})
	}
	c.service.turns.Go(func() { t.follow(view) })
}

func (c *conversation) newTurnLocked(r *run.Run, done progress) *turn {
	t := &turn{
		conversation: c, run: r, from: done.from, over: make(chan struct{}), done: done, asked: done.asked,
		log: func(what string, err error) {
			c.service.log.Error(what, "conversation", c.id, "run", r.ID, "error", err)
		},
	}
	c.turn = t
	c.service.mu.Lock()
	c.users++ // until it is over
	c.service.mu.Unlock()
	return t
}

func (t *turn) userFrame(clientMessageID string, m store.Message) schema.ChatFrame {
	return schema.ChatFrame{
		Kind: schema.KindText, Role: schema.RoleUser, Content: m.Content, MessageID: m.ID, ClientMessageID: clientMessageID,
		Parent: &m.Parent,
	}
}

// append writes frames to the journal, now or as soon as the disk takes them: what they came from
// is kept, so that nothing is lost by waiting.
func (t *turn) append(frames ...schema.ChatFrame) {
	now := time.Now().UTC()
	for i := range frames {
		frames[i].SessionID, frames[i].RunID, frames[i].Timestamp = t.id, t.run.ID, now
	}
	for err := t.journal.append(frames); err != nil; err = t.journal.append(frames) {
		t.log("write journal", err)
		if !t.service.pause(diskPause) {
			return // the next server finds it missing
		}
	}
}

// diskPause is how long after a failure the disk is tried again.
const diskPause = time.Second

// pause waits before something is tried again. It returns false at once if the server is closed.
func (s *Service) pause(d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-s.closing.Done():
		return false
	}
}

// follow is the turn's life. It leaves the view.
func (t *turn) follow(view *run.View) {
	if err := t.show(view); err != nil {
		t.log("read output for the journal", err)
	}
	<-t.run.Done()
	t.tellApprovals()
	t.end()
}

// show writes what the run puts out, until its end.
func (t *turn) show(view *run.View) error {
	if view == nil {
		return nil
	}
	defer view.Leave(run.ClientGone)
	for {
		changed := t.run.Changed()
		t.tellState()
		err := t.read(view)
		t.tellApprovals()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case !errors.Is(err, run.ErrWait):
			return err
		}
		select {
		case <-changed:
		case <-view.Grown():
		case <-t.run.Done():
		}
	}
}

// read writes the lines that are there, and returns run.ErrWait, io.EOF at the end, or what is
// wrong with the output.
func (t *turn) read(view *run.View) error {
	for {
		event, err := view.Next()
		if err != nil {
			return err
		}
		var frames []schema.ChatFrame
		for line := range event.Lines {
			of, err := t.framesOf(line)
			if err != nil {
				return err
			}
			if slices.ContainsFunc(of, isRequest) { // what is asked may be answered at once: it is known before it is told
				t.append(frames...)
				frames = nil
				t.awaitApproval(of)
			}
			frames = append(frames, of...)
		}
		t.append(frames...)
	}
}

// framesOf returns the frames of a line that are not in the journal yet.
func (t *turn) framesOf(line spool.Line) ([]schema.ChatFrame, error) {
	head, err := line.Head(schema.MaxParsedBytes)
	if err != nil {
		return nil, err
	}
	var of []schema.ChatFrame
	if line.Size > schema.MaxParsedBytes {
		frame := cutFrame(head, line.Size)
		frame.Cut = &schema.Cut{Bytes: line.Size}
		of = append(of, frame)
	} else {
		of = slices.DeleteFunc(frames(head), isCancel) // the run knows more of that
	}
	for i := range of {
		of[i].Line = line.N
		if of[i].Cut != nil {
			of[i].Cut = &schema.Cut{Run: t.run.ID, Line: line.N, Bytes: line.Size}
		}
		if of[i].RequestID != "" {
			of[i].RequestID = run.ApprovalID(t.run.ID, of[i].RequestID)
		}
	}
	return t.done.missing(line.N, of), nil
}

func (t *turn) ended() bool {
	select {
	case <-t.run.Done():
		return true
	default:
		return false
	}
}

// tellState says where in the queue the run is, and that a deadline is near.
func (t *turn) tellState() {
	if position := t.run.Position(); position != t.position {
		if t.position = position; position > 0 {
			t.append(schema.ChatFrame{Kind: schema.KindStatus, Status: "queued", Position: position})
		}
	}
	if at := t.run.Warning(); !at.Equal(t.warned) {
		if t.warned = at; !at.IsZero() {
			left := time.Until(at).Round(time.Second)
			t.append(schema.ChatFrame{Kind: schema.KindStatus, Status: "deadline", Text: fmt.Sprintf("the run will be ended in %s", left), InSeconds: int(left.Seconds())})
		}
	}
}

// end brings a run that is over into the conversation, tells that it is over, and begins with what
// waits.
func (t *turn) end() {
	info := t.run.Info()
	record, answer := t.settle(info)
	t.mu.Lock()
	t.ending = true
	t.mu.Unlock()
	if !t.done.complete {
		t.append(t.endFrames(info, record)...)
		if err := t.journal.sync(); err != nil {
			t.log("bring journal to the disk", err)
		}
	}
	record = t.retry("forget run", record, func() (store.Conversation, error) {
		return t.service.store.ClearActive(context.Background(), t.user, t.id, info.ID)
	})
	event := Event{Conversation: t.id, Messages: true, Session: record.Conversation, Ended: info.ID, Answer: answer}
	if info.State != schema.Succeeded {
		event.Err = schema.NewError(info.Code, info.Error)
	}
	t.leave(event)
}

// lock locks the conversation. Who has seen the end of a turn finds that it is over.
func (c *conversation) lock(ctx context.Context) error {
	c.mu.Lock()
	for c.turn != nil && c.turn.ending {
		over := c.turn.over
		c.mu.Unlock()
		select {
		case <-over:
		case <-ctx.Done():
			return c.service.fault("wait for the end of a turn", context.Cause(ctx))
		}
		c.mu.Lock()
	}
	return nil
}

// leave makes room for the next turn.
func (t *turn) leave(event Event) {
	c := t.conversation
	c.mu.Lock()
	c.turn = nil
	c.service.events.tell(c.user, event)
	c.nextLocked()
	c.mu.Unlock()
	close(t.over)
	c.service.release(c)
}

// settle brings the answer into the conversation, and returns what the conversation is then.
func (t *turn) settle(info schema.Run) (store.Conversation, *schema.Message) {
	record, err := t.service.store.Conversation(context.Background(), t.user, t.id)
	if err != nil {
		t.log("read conversation", err)
	}
	end := store.TurnEnd{Conversation: t.id, Run: info.ID, Session: record.Session, SessionHead: record.SessionHead}
	head := info.Message
	text, broken := t.answer(info)
	if text != "" {
		end.Answer = &store.Message{
			Message: schema.Message{Role: schema.RoleAssistant, Content: text, Parent: info.Message, Run: info.ID, CreatedAt: time.Now().UTC()},
			User:    t.user, Session: t.run.Session(), UUID: t.run.LastUUID(),
		}
		if broken { // no session is known to have all of it
			end.Answer.Session, end.Answer.UUID = "", ""
		}
		end.Answer.ID = store.MessageID(schema.RoleAssistant, text, info.Message)
		head = end.Answer.ID
	}
	if session := t.run.Session(); session != "" {
		end.Session, end.SessionHead = session, head
		if info.Usage == nil || broken { // it did not come to its result: who knows what of this it has kept
			end.SessionHead = ""
		}
	}
	record = t.retry("end turn", record, func() (store.Conversation, error) {
		return t.service.store.EndTurn(context.Background(), t.user, end)
	})
	if end.Answer == nil {
		return record, nil
	}
	return record, &end.Answer.Message
}

// retry does something until it is done, the server is closed, or it cannot be done at all.
func (t *turn) retry(what string, record store.Conversation, do func() (store.Conversation, error)) store.Conversation {
	for {
		changed, err := do()
		if err == nil {
			return changed
		}
		t.log(what, err)
		if !errors.Is(err, store.ErrFull) || !t.service.pause(diskPause) {
			return record
		}
	}
}

// answer returns what the agent has said, from the output itself: frames may be cut. Who aborts keeps what there is of
// the last block, which is broken if the agent itself had no time to bring it to an end.
func (t *turn) answer(info schema.Run) (text string, broken bool) {
	speech, err := said(t.run, info.State == schema.Aborted)
	if broken = speech.begun.Len() > 0; broken {
		speech.addText(speech.begun.String())
	}
	text = speech.whole.String()
	if err != nil {
		t.log("read answer", err)
		if info.Result != nil && text == "" {
			text = *info.Result
		}
	}
	return strings.ToValidUTF8(text, "\uFFFD"), broken
}

// endFrames tell how a run has ended.
func (t *turn) endFrames(info schema.Run, record store.Conversation) []schema.ChatFrame {
	complete := &schema.Completion{
		ExitCode: 1, Aborted: info.State == schema.Aborted, Success: info.State == schema.Succeeded,
		State: info.State, Code: info.Code, Error: info.Error, Usage: info.Usage, Head: record.Head, Stop: info.Stop,
	}
	if info.Result != nil {
		complete.Result = *info.Result
	}
	if info.Usage != nil {
		complete.CostUSD = info.Usage.CostUSD
	}
	end := schema.ChatFrame{Kind: schema.KindComplete, Completion: complete}
	switch {
	case complete.Success:
		complete.ExitCode = 0
	case !complete.Aborted:
		return []schema.ChatFrame{{Kind: schema.KindError, Content: info.Error}, end}
	}
	return []schema.ChatFrame{end}
}
