package run

import "sync"

// bell tells any number of listeners that something has changed. The zero bell is ready.
type bell struct {
	mu   sync.Mutex
	next chan struct{} // guarded by mu: nil as long as nobody listens
}

// rings returns a channel that is closed when the bell rings the next time. Who wants to miss
// nothing asks for it first, and looks at what may have changed after that.
func (b *bell) rings() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.next == nil {
		b.next = make(chan struct{})
	}
	return b.next
}

func (b *bell) ring() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.next != nil {
		close(b.next)
		b.next = nil
	}
}
