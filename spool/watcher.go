package spool

import (
	"fmt"
	"path/filepath"
	"sync"
	"time"
)

// Watcher tells followers that a file in a directory has grown. One serves a whole server:
// one inotify instance (kqueue elsewhere) and one goroutine.
type Watcher struct {
	notifier *notifier
	done     chan struct{}

	mu   sync.Mutex
	dirs map[string]map[*Growth]struct{} // guarded by mu; keyed by cleaned path
	late []*Growth                       // guarded by mu: those that ring together, soon
}

// Growth is one follower's bell.
type Growth struct {
	// C holds a value whenever something may have been written since it was last read. What
	// is written alone is told at once; what is written in quick succession, every moment.
	C <-chan struct{}

	ring    chan struct{}
	watcher *Watcher
	dir     string
	patient bool // rings with the others that are
	late    bool // guarded by Watcher.mu: it will

	rang  time.Time   // guarded by Watcher.mu: the last time
	timer *time.Timer // guarded by Watcher.mu: rings after the moment; nil if it need not
}

// moment is the least time between two rings of one bell. A program that writes line by line
// as fast as it can would else wake every follower for every line: a few lines together cost
// as much as one, and nobody sees the difference. To hear of each write takes the writer's
// time too, so that the notifier is left alone for a moment when all that it says is old.
const moment = 200 * time.Microsecond

// lateness is how long after a write who is patient hears of it at the latest.
const lateness = 5 * time.Millisecond

// NewWatcher returns a running Watcher. It must be closed.
func NewWatcher() (*Watcher, error) {
	notifier, err := newNotifier()
	if err != nil {
		return nil, err
	}
	w := &Watcher{notifier: notifier, done: make(chan struct{}), dirs: map[string]map[*Growth]struct{}{}}
	go func() { defer close(w.done); w.notifier.serve(w.tell) }()
	return w, nil
}

// Watch reports writes to any file in dir from now on, until Stop. To miss nothing, read
// to the end of the file once after Watch has returned, and again at every value of C.
func (w *Watcher) Watch(dir string) (*Growth, error) { return w.watch(dir, false) }

// WatchPatiently is Watch for who need not know at once: all of those are told together, some
// milliseconds later, which costs much less when there are many.
func (w *Watcher) WatchPatiently(dir string) (*Growth, error) { return w.watch(dir, true) }

func (w *Watcher) watch(dir string, patient bool) (*Growth, error) {
	ring := make(chan struct{}, 1)
	g := &Growth{C: ring, ring: ring, watcher: w, dir: filepath.Clean(dir), patient: patient}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.dirs[g.dir] == nil {
		if err := w.notifier.add(g.dir); err != nil {
			return nil, fmt.Errorf("watch directory: %w", err)
		}
		w.dirs[g.dir] = map[*Growth]struct{}{}
	}
	w.dirs[g.dir][g] = struct{}{}
	return g, nil
}

// Stop ends the reports. It may be called more than once.
func (g *Growth) Stop() {
	w := g.watcher
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, ok := w.dirs[g.dir][g]; !ok {
		return
	}
	if g.timer != nil {
		g.timer.Stop()
	}
	delete(w.dirs[g.dir], g)
	if len(w.dirs[g.dir]) == 0 {
		delete(w.dirs, g.dir)
		w.notifier.remove(g.dir)
	}
}

// Close stops the Watcher and returns when its goroutine has ended.
func (w *Watcher) Close() error {
	err := w.notifier.close()
	<-w.done
	return err
}

// tell rings the bells of who follows a directory, or all of them if it has no name. It
// reports whether that was news to anybody.
func (w *Watcher) tell(dir string) (news bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if dir != "" {
		return w.tellLocked(w.dirs[dir])
	}
	for _, followers := range w.dirs {
		news = w.tellLocked(followers) || news
	}
	return news
}

// tellLocked rings bells, now or at the end of the moment. Requires w.mu.
func (w *Watcher) tellLocked(bells map[*Growth]struct{}) (news bool) {
	now := time.Now()
	for g := range bells {
		if g.patient {
			w.postponeLocked(g)
			continue
		}
		switch since := now.Sub(g.rang); {
		case g.timer != nil:
		case since >= moment:
			g.ringLocked(now)
			news = true
		default:
			g.timer = time.AfterFunc(moment-since, g.ringLate)
		}
	}
	return news
}

// postponeLocked has a bell ring together with others. Requires w.mu.
func (w *Watcher) postponeLocked(g *Growth) {
	if g.late {
		return
	}
	if len(w.late) == 0 {
		time.AfterFunc(lateness, w.ringPatient)
	}
	g.late, w.late = true, append(w.late, g)
}

func (w *Watcher) ringPatient() {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now()
	for _, g := range w.late {
		g.late = false
		g.ringLocked(now)
	}
	clear(w.late)
	w.late = w.late[:0]
}

func (g *Growth) ringLate() {
	g.watcher.mu.Lock()
	defer g.watcher.mu.Unlock()
	g.timer = nil
	g.ringLocked(time.Now())
}

// ringLocked rings without waiting: a bell that already rings needs no second ring. Requires
// Watcher.mu.
func (g *Growth) ringLocked(now time.Time) {
	g.rang = now
	select {
	case g.ring <- struct{}{}:
	default:
	}
}
