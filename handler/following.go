package handler

import (
	"context"
	"errors"
	"io"

	"spool/chat"
	"spool/schema"
)

const (
	// maxSubscriptions bounds the journals that one socket follows: each costs the server memory.
	maxSubscriptions = 1000
	// turnFrames and turnBytes are what one journal may show before the others get their turn.
	turnFrames = 64
	turnBytes  = 64 << 10
)

var errTooMany = schema.NewError(schema.Overloaded, "too many conversations on one socket: unsubscribe some, or open another socket")

// following is the journals that a socket follows.
type following struct {
	subscriptions map[string]*subscription
	ready         []*subscription // may have more to show, in the order of their turns
}

// subscription is one of them.
type subscription struct {
	*chat.Subscription
	ready, closed bool
}

// subscribe begins to follow a conversation, anew if it is followed already.
func (d *chatDoor) subscribe(id string, from chat.From) (*subscription, error) {
	f := &d.following
	if f.subscriptions[id] == nil && len(f.subscriptions) >= maxSubscriptions {
		return nil, errTooMany
	}
	followed, err := d.chats.Subscribe(context.Background(), user, id, from, func() { d.inbox.grow(id) })
	if err != nil {
		return nil, err
	}
	f.drop(id)
	s := &subscription{Subscription: followed}
	f.subscriptions[id] = s
	f.wake(s)
	return s, nil
}

// wake gives a subscription a turn.
func (f *following) wake(s *subscription) {
	if !s.ready {
		s.ready = true
		f.ready = append(f.ready, s)
	}
}

// drop ends a subscription, if there is one.
func (f *following) drop(id string) {
	if s := f.subscriptions[id]; s != nil {
		delete(f.subscriptions, id)
		s.closed = true
		s.Close()
	}
}

func (f *following) closeAll() {
	for id := range f.subscriptions {
		f.drop(id)
	}
}

// next returns the subscription whose turn it is, nil if there is none.
func (f *following) next() *subscription {
	for len(f.ready) > 0 {
		s := f.ready[0]
		f.ready = f.ready[1:]
		if s.ready = false; !s.closed {
			return s
		}
	}
	return nil
}

// follow gives one conversation's journal its turn, and reports whether there was one.
func (d *chatDoor) follow() bool {
	f := &d.following
	for _, id := range d.inbox.takeGrown() {
		if s := f.subscriptions[id]; s != nil {
			f.wake(s)
		}
	}
	s := f.next()
	if s == nil {
		return false
	}
	switch err := d.show(s); {
	case err == nil:
		f.wake(s)
	case !errors.Is(err, io.EOF):
		f.drop(s.Conversation)
		d.refuse(schema.Incoming{Conversation: s.Conversation}, err)
	}
	return true
}

// show sends some frames of a journal. The error is [io.EOF] if there are no more now.
func (d *chatDoor) show(s *subscription) error {
	for frames, size := 0, 0; frames < turnFrames && size < turnBytes && d.failed == nil; frames++ {
		frame, err := s.Next()
		if err != nil {
			return err
		}
		d.write(frame)
		size += len(frame)
	}
	return nil
}
