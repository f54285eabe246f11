package spool

import (
	"encoding/binary"
	"fmt"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// notifier is one inotify instance. It is read here and not through a library, because a line
// that an agent writes costs an event: reading that must take no more than reading the line.
type notifier struct {
	events *os.File

	mu    sync.Mutex
	dirs  map[int32]string // guarded by mu: by watch descriptor, which is not used again
	byDir map[string]int32 // guarded by mu
}

func newNotifier() (*notifier, error) {
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err != nil {
		return nil, fmt.Errorf("start inotify: %w", err)
	}
	return &notifier{events: os.NewFile(uintptr(fd), "inotify"), dirs: map[int32]string{}, byDir: map[string]int32{}}, nil //nolint:gosec // a descriptor
}

// add reports writes to any file in a directory from now on.
func (n *notifier) add(dir string) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	descriptor, err := unix.InotifyAddWatch(n.fd(), dir, unix.IN_MODIFY|unix.IN_ONLYDIR)
	if err != nil {
		return os.NewSyscallError("inotify_add_watch", err)
	}
	n.dirs[int32(descriptor)], n.byDir[dir] = dir, int32(descriptor) //nolint:gosec // the kernel's are 32 bits
	return nil
}

// remove ends the reports. The directory may be gone, and the watch with it.
func (n *notifier) remove(dir string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	descriptor := n.byDir[dir]
	delete(n.dirs, descriptor)
	delete(n.byDir, dir)
	_, _ = unix.InotifyRmWatch(n.fd(), uint32(descriptor)) //nolint:gosec // never negative
}

// fd is the instance's descriptor. It stays in non-blocking mode, unlike after File.Fd.
func (n *notifier) fd() (descriptor int) {
	descriptor = -1
	if conn, err := n.events.SyscallConn(); err == nil {
		_ = conn.Control(func(fd uintptr) { descriptor = int(fd) }) //nolint:gosec // a descriptor
	}
	return descriptor
}

// serve tells of directories in which something was written, and of "" when that may be any,
// until close. When nothing of it is news, what comes next may wait, and be read with it.
func (n *notifier) serve(tell func(dir string) (news bool)) {
	buffer := make([]byte, 64*unix.SizeofInotifyEvent+unix.NAME_MAX)
	for {
		read, err := n.events.Read(buffer)
		if err != nil { // closed: nothing else can go wrong with a buffer for at least one event
			return
		}
		if !n.tellEach(buffer[:read], tell) {
			time.Sleep(moment)
		}
	}
}

// tellEach tells of each directory that events are about, once for events in a row.
func (n *notifier) tellEach(events []byte, tell func(dir string) bool) (news bool) {
	last := int32(0)
	for len(events) >= unix.SizeofInotifyEvent {
		descriptor := int32(binary.NativeEndian.Uint32(events)) //nolint:gosec // it is one
		mask, name := binary.NativeEndian.Uint32(events[4:]), binary.NativeEndian.Uint32(events[12:])
		events = events[unix.SizeofInotifyEvent+int(name):]
		if mask&unix.IN_Q_OVERFLOW != 0 {
			news = tell("") || news // the kernel dropped events
		} else if mask&unix.IN_MODIFY != 0 && descriptor != last {
			last = descriptor
			news = n.tellOf(descriptor, tell) || news
		}
	}
	return news
}

func (n *notifier) tellOf(descriptor int32, tell func(dir string) bool) bool {
	n.mu.Lock()
	dir, ok := n.dirs[descriptor]
	n.mu.Unlock()
	return ok && tell(dir)
}

func (n *notifier) close() error { return n.events.Close() }
