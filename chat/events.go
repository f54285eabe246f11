package chat

import (
	"sync"

	"spool/schema"
)

// Event tells of a conversation of a user.
type Event struct {
	Conversation string
	Created      bool
	Deleted      bool
	Messages     bool                // its messages or head have changed
	Session      schema.Conversation // as it is now, unless deleted
	// Ended is the id of a run that has just ended, with what it came to.
	Ended  string
	Answer *schema.Message // its answer, nil if there is none
	Err    *schema.Error   // why it failed; nil for a success
}

// events tells watchers what happens.
type events struct {
	mu       sync.Mutex
	watchers map[*watcher]struct{} // guarded by mu
}

type watcher struct {
	user   string
	notify func(Event)
}

// Watch calls notify for every change of a user's conversations, in order, without blocking,
// until stop is called. It must not call the Service.
func (s *Service) Watch(user string, notify func(Event)) (stop func()) {
	w := &watcher{user, notify}
	s.events.mu.Lock()
	defer s.events.mu.Unlock()
	s.events.watchers[w] = struct{}{}
	return func() {
		s.events.mu.Lock()
		defer s.events.mu.Unlock()
		delete(s.events.watchers, w)
	}
}

func (e *events) tell(user string, event Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for w := range e.watchers {
		if w.user == user {
			w.notify(event)
		}
	}
}
