package spool

import (
	"errors"
	"fmt"
	"path/filepath"
	"sync"

	"github.com/fsnotify/fsnotify"
)

// Watcher tells followers that a file in a directory has grown. One serves a whole server:
// one inotify instance (kqueue elsewhere) and one goroutine.
type Watcher struct {
	events *fsnotify.Watcher
	done   chan struct{}

	mu   sync.Mutex
	dirs map[string]map[*Growth]struct{} // guarded by mu; keyed by cleaned path
}

// Growth is one follower's bell.
type Growth struct {
	// C holds a value whenever something may have been written since it was last read.
	C <-chan struct{}

	ring    chan struct{}
	watcher *Watcher
	dir     string
}

// NewWatcher returns a running Watcher. It must be closed.
func NewWatcher() (*Watcher, error) {
	events, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, fmt.Errorf("watch files: %w", err)
	}
	w := &Watcher{events: events, done: make(chan struct{}), dirs: map[string]map[*Growth]struct{}{}}
	go w.serve()
	return w, nil
}

// Watch reports writes to any file in dir from now on, until Stop. To miss nothing, read
// to the end of the file once after Watch has returned, and again at every value of C.
func (w *Watcher) Watch(dir string) (*Growth, error) {
	ring := make(chan struct{}, 1)
	g := &Growth{C: ring, ring: ring, watcher: w, dir: filepath.Clean(dir)}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.dirs[g.dir] == nil {
		if err := w.events.Add(g.dir); err != nil {
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
	delete(w.dirs[g.dir], g)
	if len(w.dirs[g.dir]) == 0 {
		delete(w.dirs, g.dir)
		_ = w.events.Remove(g.dir) // fails if the directory is gone, and the watch with it
	}
}

// Close stops the Watcher and returns when its goroutine has ended.
func (w *Watcher) Close() error {
	err := w.events.Close()
	<-w.done
	return err
}

func (w *Watcher) serve() {
	defer close(w.done)
	for {
		select {
		case event, ok := <-w.events.Events:
			if !ok {
				return
			}
			w.tell(filepath.Dir(event.Name))
		case err, ok := <-w.events.Errors:
			if !ok {
				return
			}
			if errors.Is(err, fsnotify.ErrEventOverflow) {
				w.tellAll() // the kernel dropped events: anything may have grown
			}
		}
	}
}

func (w *Watcher) tell(dir string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for g := range w.dirs[dir] {
		g.tell()
	}
}

func (w *Watcher) tellAll() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, followers := range w.dirs {
		for g := range followers {
			g.tell()
		}
	}
}

// tell rings without waiting: a bell that already rings needs no second ring.
func (g *Growth) tell() {
	select {
	case g.ring <- struct{}{}:
	default:
	}
}
