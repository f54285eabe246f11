package faults

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"time"

	"spool/schema"
)

// partner has a conversation, whatever becomes of the server meanwhile.
type partner struct {
	copied
	w    *world
	id   string
	name string
	dice *rand.Rand
	err  error // what must never happen

	turns    []*turn
	head     *string                         // the last message, as the server has confirmed it; nil if it may be another one
	branches map[string]string               // conversations that it has made, and the messages that they begin with
	decided  map[string]schema.ApprovalState // approvals, as the server has confirmed them
}

// turn is a message, and what became of it.
type turn struct {
	task
	parent  *string // nil is the head
	options map[string]any
	user    *chatFrame // when it is in the journal
	end     *chatFrame // when its run has ended
}

func newPartner(w *world, i int, dice *rand.Rand) *partner {
	w.t.Helper()
	return &partner{
		w: w, id: w.newConversation(), name: fmt.Sprintf("partner-%d", i), dice: dice,
		branches: map[string]string{}, decided: map[string]schema.ApprovalState{},
	}
}

// talk goes on until nobody is killed any more.
func (p *partner) talk(ctx, killing context.Context) {
	for p.err == nil && killing.Err() == nil {
		p.wish()
		for p.err == nil && len(p.open()) > 0 {
			if p.err = p.connect(ctx); ctx.Err() != nil {
				p.err = fmt.Errorf("%d messages have no end: %w", len(p.open()), ctx.Err())
			}
		}
		if do := p.dice.IntN(6); p.err == nil && do == 0 {
			p.err = p.branch(ctx)
		} else if p.err == nil && do == 1 {
			p.err = p.moveHead(ctx)
		}
	}
	if p.err != nil {
		p.err = fmt.Errorf("%s (%s): %w", p.name, p.id, p.err)
	}
}

// wish decides what to say next.
func (p *partner) wish() {
	switch p.dice.IntN(5) {
	case 0: // some wait for each other
		for range 3 {
			p.add(turn{options: map[string]any{"queue": true}})
		}
	case 1: // the second breaks the first one off
		p.add(turn{options: map[string]any{"queue": true}})
		p.add(turn{options: map[string]any{"interrupt": true}})
	case 2: // another way to go on from what was said before
		parent := p.someMessage()
		p.add(turn{parent: &parent})
	case 3:
		p.add(turn{task: task{asks: true}})
	default:
		p.add(turn{})
	}
}

func (p *partner) add(t turn) {
	t.count, t.pause, t.word = 10+p.dice.IntN(40), time.Duration(p.dice.IntN(10))*time.Millisecond, fmt.Sprintf("%s-%d", p.name, len(p.turns))
	p.turns = append(p.turns, &t)
}

// open returns the turns that have not come to their end.
func (p *partner) open() []*turn {
	return slices.DeleteFunc(slices.Clone(p.turns), func(t *turn) bool { return t.end != nil })
}

// someMessage is one that was accepted, or none.
func (p *partner) someMessage() string {
	if i := p.dice.IntN(len(p.turns) + 1); i < len(p.turns) {
		return p.turns[i].user.MessageID
	}
	return ""
}

// branch makes a conversation that begins with a message.
func (p *partner) branch(ctx context.Context) error {
	from := p.someMessage()
	status, body, err := p.w.do(ctx, http.MethodPost, "/api/chats", map[string]string{"starting_head": from})
	if err != nil {
		return nil //nolint:nilerr // the server is down: nothing was promised
	}
	var made schema.ChatAnswer
	if err := json.Unmarshal(body, &made); err != nil || status != http.StatusCreated {
		return fmt.Errorf("branch at %q: status %d: %s", from, status, body)
	}
	p.branches[made.Chat.ID] = from
	return nil
}

// moveHead switches to another branch.
func (p *partner) moveHead(ctx context.Context) error {
	to := p.someMessage()
	p.head = nil
	status, body, err := p.w.do(ctx, http.MethodPut, "/api/chats/"+p.id, map[string]string{"head": to})
	if err != nil {
		return nil //nolint:nilerr // the server is down: nothing was promised
	}
	if status != http.StatusOK {
		return fmt.Errorf("switch to %q: status %d: %s", to, status, body)
	}
	p.head = &to
	return nil
}

// connect sends what was not accepted yet, and reads until everything has come to its end, or
// the connection is lost.
func (p *partner) connect(ctx context.Context) error {
	c, err := p.w.chat(ctx)
	if err != nil {
		pause(ctx) // the server is down: that is the test
		return nil
	}
	defer c.Close()
	if p.subscribe(c, p.id) != nil || p.send(c) != nil {
		return nil
	}
	for len(p.open()) > 0 {
		f, err := c.hear()
		if err != nil {
			return nil //nolint:nilerr // it was killed
		}
		if err := p.hear(ctx, c, f); err != nil {
			return err
		}
	}
	return nil
}

// send sends what was not accepted yet, in its order.
func (p *partner) send(c *chatSocket) error {
	for _, t := range p.open() {
		if t.user != nil {
			continue
		}
		frame := map[string]any{"sessionId": p.id, "content": t.prompt(), "clientMessageId": t.word}
		if t.parent != nil {
			frame["parent"] = *t.parent
		}
		if t.options != nil {
			frame["options"] = t.options
		}
		if err := c.say("chat.send", frame); err != nil {
			return err
		}
	}
	return nil
}

// hear takes a frame. The error is what must never come.
func (p *partner) hear(ctx context.Context, c *chatSocket, f chatFrame) error {
	if err := p.take(f); err != nil {
		return err
	}
	switch {
	case f.Kind == schema.KindProtocolError && f.Code != schema.ApprovalGone:
		return fmt.Errorf("refused: %s", f.text)
	case f.Kind == schema.KindPermissionRequest:
		p.decide(ctx, c, f.RequestID)
	case f.Kind == schema.KindChatSubscribed:
		for _, pending := range f.PendingPermissions {
			p.decide(ctx, c, pending.RequestID)
		}
	case f.Kind == schema.KindText && f.Role == schema.RoleUser:
		return p.accepted(f)
	case f.Kind == schema.KindComplete:
		return p.ended(f)
	}
	return nil
}

// accepted notes that a message is in the journal: once, as it was sent.
func (p *partner) accepted(f chatFrame) error {
	i := slices.IndexFunc(p.turns, func(t *turn) bool { return t.word == f.ClientMessageID })
	if i < 0 || p.turns[i].user != nil || p.turns[i].prompt() != f.Content || f.Parent == nil {
		return fmt.Errorf("nobody has sent this, or it was accepted before: %s", f.text)
	}
	if parent := cmp.Or(p.turns[i].parent, p.head); parent != nil && *parent != *f.Parent {
		return fmt.Errorf("sent behind %q: %s", *parent, f.text)
	}
	p.turns[i].user = &f
	return nil
}

func (p *partner) ended(f chatFrame) error {
	i := slices.IndexFunc(p.turns, func(t *turn) bool { return t.user != nil && t.user.RunID == f.RunID })
	if i < 0 || p.turns[i].end != nil {
		return fmt.Errorf("a run that never began, or has ended before: %s", f.text)
	}
	p.turns[i].end, p.head = &f, &f.Head
	return nil
}

// decide answers a request for an approval, through one door or the other. Whoever was asked
// again answers again.
func (p *partner) decide(ctx context.Context, c *chatSocket, id string) {
	answer := map[string]any{"allow": p.dice.IntN(2) == 0, "message": "because of " + p.name}
	if p.dice.IntN(2) == 0 {
		answer["requestId"] = id
		_ = c.say("chat.permission-response", answer)
		return
	}
	status, body, err := p.w.do(ctx, http.MethodPost, "/api/approvals/"+id, answer)
	var a schema.Approval
	if err == nil && status == http.StatusOK && json.Unmarshal(body, &a) == nil {
		p.decided[id] = a.State
	}
}
