package procman

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"golang.org/x/sys/unix"
)

// adopt finds control groups and processes of all ids at once. It looks at the processes
// twice: one that has started another and ended meanwhile can hide it from a single look.
func (l *linux) adopt(leaders map[string]Leader, marker string) (map[string]legacy, error) {
	scopes := l.inherit(leaders)
	for range 2 {
		now, err := takeSurvey(marker)
		if err != nil {
			return nil, err
		}
		for _, s := range scopes {
			if _, err := s.find(now); err != nil {
				return nil, err
			}
		}
	}
	return openAll(scopes, leaders, marker)
}

// inherit returns a scope for every id, with the control groups that earlier instances have
// made for it.
func (l *linux) inherit(leaders map[string]Leader) map[string]*inherited {
	scopes := make(map[string]*inherited, len(leaders))
	for id, leader := range leaders {
		scopes[id] = &inherited{host: l, id: id, session: max(leader.PID, 0)}
	}
	for _, dir := range earlierGroups(func(id string) bool { return scopes[id] != nil }) {
		s := scopes[filepath.Base(dir)]
		s.dirs = append(s.dirs, dir)
	}
	return scopes
}

// openAll opens the leaders. It holds on to none if it fails.
func openAll(scopes map[string]*inherited, leaders map[string]Leader, marker string) (map[string]legacy, error) {
	found := make(map[string]legacy, len(scopes))
	handles := make([]int, 0, len(scopes))
	for id, s := range scopes {
		leader, handle, err := s.open(identity{pid: leaders[id].PID, start: leaders[id].Start}, marker)
		if err != nil {
			for _, h := range handles {
				_ = unix.Close(h)
			}
			return nil, fmt.Errorf("open process %d of %s: %w", leader.pid, id, err)
		}
		found[id] = legacy{scope: s, leader: leader}
		if handle >= 0 {
			handles = append(handles, handle)
			found[id] = legacy{scope: s, leader: leader, await: func() { awaitHandle(handle) }}
		}
		s.empty = handle < 0 && len(s.seen) == 0
	}
	return found, nil
}

// open returns the leader with a handle, or with -1 if it is dead. What is compared is read
// after the handle was opened, so that it is true of the process behind the handle.
func (s *inherited) open(leader identity, marker string) (identity, int, error) {
	if leader.pid <= 0 {
		return leader, -1, nil
	}
	handle, err := unix.PidfdOpen(leader.pid, 0)
	if errors.Is(err, unix.ESRCH) || errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOENT) {
		return leader, -1, nil // gone; the number may be a mere thread's now
	}
	if err != nil {
		return leader, -1, err
	}
	e, ok := readEntry(leader.pid)
	if ok && e.alive() && (leader.start == 0 || leader.start == e.start) && s.owns(e.identity, marker) {
		s.remember([]identity{e.identity})
		return e.identity, handle, nil
	}
	return leader, -1, unix.Close(handle)
}

// owns reports whether a process carries the id, or is in a control group made for it.
func (s *inherited) owns(i identity, marker string) bool {
	if readMarker(i.pid, marker) == s.id {
		return true
	}
	grouped, _ := s.grouped() // a group that cannot be read proves nothing
	return slices.Contains(grouped, i)
}

// awaitHandle returns when the process is dead, whoever its parent is, and closes the handle.
func awaitHandle(handle int) {
	defer unix.Close(handle)
	for {
		_, err := unix.Poll([]unix.PollFd{{Fd: int32(handle), Events: unix.POLLIN}}, -1) //nolint:gosec // descriptors are small
		if !errors.Is(err, unix.EINTR) {
			return
		}
	}
}
