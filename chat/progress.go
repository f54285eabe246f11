package chat

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"

	"spool/run"
	"spool/schema"
	"spool/spool"
	"spool/store"
)

// progress is how far the journal has come with a run.
type progress struct {
	from     int64 // the seq behind which its frames begin
	began    bool  // it has the user's message
	line     int64 // the last line of the output that frames are of …
	count    int   // … and how many of that line
	complete bool
	asked    map[string]string
}

// missing returns the frames of a line that the journal does not have: a server may have been
// killed between two of them.
func (p *progress) missing(n int64, frames []schema.ChatFrame) []schema.ChatFrame {
	switch {
	case n < p.line:
		return nil
	case n == p.line:
		return frames[min(p.count, len(frames)):]
	default:
		return frames
	}
}

// scan reads how far a journal has come with a run.
func (j *journal) scan(runID string) (progress, error) {
	p := progress{from: j.lastSeq(), asked: map[string]string{}}
	r, err := spool.Open(j.path)
	if err != nil {
		return p, err
	}
	defer r.Close()
	for {
		line, err := r.Next()
		if errors.Is(err, io.EOF) {
			return p, nil
		}
		if err == nil {
			err = p.note(line, runID)
		}
		if err != nil {
			return p, err
		}
	}
}

// note takes in a line of the journal.
func (p *progress) note(line spool.Line, runID string) error {
	text, err := io.ReadAll(line.Reader())
	if err != nil {
		return err
	}
	if !bytes.Contains(text, []byte(runID)) {
		return nil
	}
	f, err := readEntry(text)
	if err != nil || f.RunID != runID {
		return err
	}
	if !p.began {
		p.began, p.from = true, line.N-1
	}
	switch f.Kind {
	case schema.KindPermissionRequest:
		p.asked[f.RequestID] = f.ToolName
	case schema.KindPermissionCancelled:
		delete(p.asked, f.RequestID)
	case schema.KindComplete:
		p.complete = true
	}
	if f.Line > p.line {
		p.line, p.count = f.Line, 0
	}
	if f.Line > 0 && f.Line == p.line {
		p.count++
	}
	return nil
}

// resume goes on with a conversation that an earlier server has left.
func (s *Service) resume(ctx context.Context, record store.Conversation) error {
	c, err := s.acquire(ctx, record.User, record.ID)
	if err != nil {
		return err
	}
	defer s.release(c)
	c.mu.Lock()
	defer c.mu.Unlock()
	if record.Active == "" {
		c.nextLocked()
		return nil
	}
	r, err := s.runs.Open(ctx, record.Active)
	if err != nil {
		return err
	}
	done, err := c.journal.scan(r.ID)
	if err != nil {
		return err
	}
	t := c.newTurnLocked(r, done)
	t.from, t.asked = done.from, done.asked
	t.ending = done.complete // whoever has seen its end can go on
	if !done.began {
		if message, err := s.store.Message(ctx, c.user, r.Info().Message); err == nil {
			t.append(t.userFrame(s.clientMessageID(ctx, r.ID), message))
		}
	}
	view, err := r.View(max(done.line-1, 0))
	if err != nil { // it is no longer kept: there is nothing more to tell
		t.log("open output for the journal", err)
		view = nil
	}
	s.turns.Go(func() { t.follow(view) })
	return nil
}

// clientMessageID returns what the sender has named the message that a run answers.
func (s *Service) clientMessageID(ctx context.Context, runID string) string {
	record, err := s.store.Run(ctx, runID)
	if err != nil {
		return ""
	}
	_, id, _ := strings.Cut(record.Key, " ") // see Send.key
	return id
}

// assistantLine is what the agent's own lines begin with, said by the model or by an agent that it has started.
var assistantLine = []byte(`{"type":"assistant"`)

// said returns the text of a run that has ended: every block that the model has written, a blank
// line between two.
func said(r *run.Run) (string, error) {
	view, err := r.View(0)
	if err != nil {
		return "", err
	}
	defer view.Leave(run.ClientGone)
	var text bytes.Buffer
	for {
		event, err := view.Next()
		if errors.Is(err, io.EOF) {
			return text.String(), nil
		}
		if err != nil {
			return text.String(), err
		}
		for line := range event.Lines {
			if err := addSaid(&text, line); err != nil {
				return text.String(), err
			}
		}
	}
}

// addSaid adds what a line says. One that is too long to be read is left to its run.
func addSaid(to *bytes.Buffer, line spool.Line) error {
	head, err := line.Head(int64(len(assistantLine)))
	if err != nil || !bytes.Equal(head, assistantLine) || line.Size > schema.MaxParsedBytes {
		return err
	}
	whole, err := line.Head(line.Size)
	for _, block := range texts(whole) {
		if to.Len() > 0 {
			to.WriteString("\n\n")
		}
		to.WriteString(block)
	}
	return err
}

// texts returns what the model itself has written in a line. What the CLI writes in its place,
// such as that the API has failed, is not from a model.
func texts(line []byte) (texts []string) {
	m, ok := readMembers(line)
	message := m.object("message")
	if !ok || m.text("parent_tool_use_id") != "" || message.text("model") == "<synthetic>" {
		return nil
	}
	for _, block := range message.blocks("content") {
		if text := block.text("text"); kindOf(block) == "text" && text != "" {
			texts = append(texts, text)
		}
	}
	return texts
}
