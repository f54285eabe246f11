//go:build !linux

package spool

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/fsnotify/fsnotify"
)

// notifier is what the system offers, through a library.
type notifier struct{ events *fsnotify.Watcher }

func newNotifier() (*notifier, error) {
	events, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, fmt.Errorf("watch files: %w", err)
	}
	return &notifier{events}, nil
}

// add reports writes to any file in a directory from now on, remove ends that.
func (n *notifier) add(dir string) error { return n.events.Add(dir) }
func (n *notifier) remove(dir string)    { _ = n.events.Remove(dir) } // fails if it is gone
func (n *notifier) close() error         { return n.events.Close() }

// serve tells of directories in which something was written, and of "" when that may be any,
// until close.
func (n *notifier) serve(tell func(dir string) (news bool)) {
	for {
		select {
		case event, ok := <-n.events.Events:
			if !ok {
				return
			}
			tell(filepath.Dir(event.Name))
		case err, ok := <-n.events.Errors:
			if !ok {
				return
			}
			if errors.Is(err, fsnotify.ErrEventOverflow) {
				tell("")
			}
		}
	}
}
