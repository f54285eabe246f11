package claude

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// waitingMemory is what a CLI that waits is taken to need before it is known, in bytes: 165 MB
// were measured. runs with more to load at the start need more.
const waitingMemory = 200 << 20

// bootTime is how long a CLI grows after its start, and some more.
const bootTime = 5 * time.Second

// Of the machine's memory, as parts of a hundred.
const (
	shortPart = 10 // with less than this available, nothing waits
	easyPart  = 15 // with more than this, and room for a process, something does again
)

// memory knows whether the machine runs out of it.
type memory struct {
	read      func() (free, all int64)
	short     bool
	free, all int64 // at the latest look; 0 where the system does not tell
}

// look reads how much there is.
func (m *memory) look(process int64) {
	m.free, m.all = m.read()
	switch {
	case m.free < m.all*shortPart/100:
		m.short = true
	case m.free >= m.all*easyPart/100+process || m.all == 0:
		m.short = false
	}
}

// fits reports whether another process would leave enough.
func (m *memory) fits(process int64) bool {
	return !m.short && (m.all == 0 || m.free-process >= m.all*shortPart/100)
}

// Pressure tells whether the machine runs out of memory. It is for one goroutine.
type Pressure struct{ memory memory }

// NewPressure returns a Pressure that looks at this machine.
func NewPressure() *Pressure { return &Pressure{memory{read: readMemory}} }

// Short reports whether nothing should be kept in memory that only might be of use.
func (p *Pressure) Short() bool {
	p.memory.look(0)
	return p.memory.short
}

// measure looks at how many bytes of memory a process takes, once it has come to rest.
func (w *Waiting) measure() {
	if time.Since(w.started) >= bootTime {
		w.memory = ResidentMemory(w.Process.PID())
	}
}

// readMemory returns how many bytes programs may still take, and how many there are in all:
// of the machine, or of the control group that this program is in, if that has a limit. It
// returns 0 where the system does not tell. Linux does.
func readMemory() (free, all int64) {
	free, all = number("/proc/meminfo", "MemAvailable:")<<10, number("/proc/meminfo", "MemTotal:")<<10
	limit := number("/sys/fs/cgroup/memory.max", "")
	if limit == 0 || all == 0 {
		return free, all
	}
	used := number("/sys/fs/cgroup/memory.current", "") - number("/sys/fs/cgroup/memory.stat", "inactive_file") // that can be had back
	return min(free, max(limit-used, 0)), min(all, limit)
}

// number returns the first number behind a label in a file, 0 if there is none.
func number(path, label string) int64 {
	text, err := os.ReadFile(path)
	_, rest, found := strings.Cut(string(text), label)
	fields := strings.Fields(rest)
	if err != nil || !found || len(fields) == 0 {
		return 0
	}
	n, _ := strconv.ParseInt(fields[0], 10, 64)
	return n
}

// ResidentMemory returns how many bytes of memory a process has, 0 where that cannot be told.
func ResidentMemory(pid int) int64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(text))
	if len(fields) < 2 {
		return 0
	}
	pages, _ := strconv.ParseInt(fields[1], 10, 64)
	return pages * int64(os.Getpagesize())
}
