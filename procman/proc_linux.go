package procman

import (
	"bytes"
	"errors"
	"os"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// entry is a line of the process table, from /proc/<pid>/stat (proc(5)).
type entry struct {
	identity
	state           byte
	parent, session int
}

func (e entry) alive() bool { return e.state != 'Z' && e.state != 'X' }

// readTable returns all processes by pid, but this program itself, which belongs to nobody.
// Those that end meanwhile are left out.
func readTable() (map[int]entry, error) {
	dir, err := os.Open("/proc")
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	table := make(map[int]entry, len(names))
	for _, name := range names {
		if pid, err := strconv.Atoi(name); err == nil && pid != os.Getpid() {
			if e, ok := readEntry(pid); ok {
				table[pid] = e
			}
		}
	}
	return table, err
}

// readEntry reads one process, if it is still there.
func readEntry(pid int) (entry, bool) {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return entry{}, false
	}
	// The name in parentheses may hold anything, parentheses too.
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	if len(fields) < 20 {
		return entry{}, false
	}
	e := entry{identity: identity{pid: pid}, state: fields[0][0]}
	e.parent, _ = strconv.Atoi(fields[1])
	e.session, _ = strconv.Atoi(fields[3])
	e.start, _ = strconv.ParseUint(fields[19], 10, 64)
	return e, true
}

// startTime returns when a process started, in clock ticks since boot.
func startTime(pid int) uint64 {
	e, _ := readEntry(pid)
	return e.start
}

// readMarker returns the value of a variable in a process's first environment, or "".
func readMarker(pid int, name string) string {
	environ, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/environ")
	if err != nil {
		return ""
	}
	for variable := range bytes.SplitSeq(environ, []byte{0}) {
		if value, ok := bytes.CutPrefix(variable, []byte(name+"=")); ok {
			return string(value)
		}
	}
	return ""
}

// signal sends a signal to exactly this process: a handle is opened first and the start
// time compared after that, so that a reused pid is never hit.
func (i identity) signal(sig syscall.Signal) {
	handle, err := unix.PidfdOpen(i.pid, 0)
	if err != nil {
		return // it is gone
	}
	defer unix.Close(handle)
	if e, ok := readEntry(i.pid); ok && (i.start == 0 || e.start == i.start) {
		_ = unix.PidfdSendSignal(handle, sig, nil, 0) // fails only if it is gone
	}
}

// awaitExit returns when the child is dead, without a status: it is not reaped, so that
// its pid, which is its session's and group's too, stays taken.
func awaitExit(process *os.Process) *os.ProcessState {
	for {
		err := unix.Waitid(unix.P_PID, process.Pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if !errors.Is(err, unix.EINTR) {
			return nil
		}
	}
}

// reapDead reaps a child if it is dead.
func reapDead(pid int) {
	for {
		_, err := unix.Wait4(pid, nil, unix.WNOHANG, nil)
		if !errors.Is(err, unix.EINTR) {
			return
		}
	}
}

// closeOnExec marks every descriptor from 3 on, so that no child gets it.
func closeOnExec() error {
	return os.NewSyscallError("close_range", unix.CloseRange(3, ^uint(0), unix.CLOSE_RANGE_CLOEXEC))
}
