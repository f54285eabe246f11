package handler

import (
	"sync"

	"spool/chat"
)

// inbox is what others leave for the writer of a chat socket. Nobody waits for it, and it holds
// one entry for each conversation at most.
type inbox struct {
	bell chan struct{} // has something when there may be something new

	mu      sync.Mutex
	grown   []string            // guarded by mu, as all below: conversations whose journal may have more
	isGrown map[string]struct{} // the same
	news    []*news             // of conversations that have changed, the first change first
	newsOf  map[string]*news    // the same
	sending string              // conversation whose next run's end is waited for
	awaited map[string]struct{} // runs whose end is waited for
}

// news is what has become of one conversation.
type news struct {
	chat.Event              // the last one
	messages   bool         // any of them was about messages
	ends       []chat.Event // ends of runs that are waited for
}

func newInbox() *inbox {
	return &inbox{
		bell: make(chan struct{}, 1), isGrown: map[string]struct{}{}, newsOf: map[string]*news{}, awaited: map[string]struct{}{},
	}
}

func (b *inbox) ring() {
	select {
	case b.bell <- struct{}{}:
	default:
	}
}

// grow says that a conversation's journal may have more.
func (b *inbox) grow(conversation string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, known := b.isGrown[conversation]; !known {
		b.isGrown[conversation] = struct{}{}
		b.grown = append(b.grown, conversation)
	}
	b.ring()
}

// takeGrown returns the conversations whose journals may have more.
func (b *inbox) takeGrown() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	grown := b.grown
	b.grown = nil
	clear(b.isGrown)
	return grown
}

// add takes an event.
func (b *inbox) add(e chat.Event) {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := b.newsOf[e.Conversation]
	if n == nil {
		n = &news{}
		b.newsOf[e.Conversation] = n
		b.news = append(b.news, n)
	}
	n.Event, n.messages = e, n.messages || e.Messages
	if _, awaited := b.awaited[e.Ended]; e.Ended != "" && (awaited || b.sending == e.Conversation) {
		n.ends = append(n.ends, e)
	}
	b.ring()
}

// takeNews returns the news of the conversation that has them for longest, nil for none.
func (b *inbox) takeNews() *news {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.news) == 0 {
		return nil
	}
	n := b.news[0]
	b.news = b.news[1:]
	delete(b.newsOf, n.Conversation)
	for _, e := range n.ends {
		delete(b.awaited, e.Ended)
	}
	return n
}

// await keeps the end of the run that is being started in a conversation, until stop is called.
func (b *inbox) await(conversation string) (stop func()) {
	b.setSending(conversation)
	return func() { b.setSending("") }
}

func (b *inbox) setSending(conversation string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sending = conversation
}

// awaitRun keeps the end of a run, forgetRun does not any more.
func (b *inbox) awaitRun(run string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.awaited[run] = struct{}{}
}

func (b *inbox) forgetRun(run string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.awaited, run)
}
