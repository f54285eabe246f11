package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// tick is the unit of the times in /proc/<pid>/stat: USER_HZ is 100 on every
// Linux that a Go program runs on.
const tick = 10 * time.Millisecond

// cpuTime is what the process pid itself has used, without its children.
func cpuTime(pid int) (time.Duration, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, fmt.Errorf("read CPU time: %w", err)
	}
	return parseStat(stat)
}

// restingCPU is what the process has used when it has done what its runs leave to do.
func restingCPU(pid int) (used time.Duration, err error) {
	for range 100 {
		before := used
		time.Sleep(breather)
		if used, err = cpuTime(pid); err != nil || used <= before+tick {
			return used, err
		}
	}
	return used, fmt.Errorf("process %d does not come to rest", pid)
}

const breather = 300 * time.Millisecond

// parseStat adds utime and stime, the 14th and 15th field.
func parseStat(stat []byte) (time.Duration, error) {
	fields, err := statFields(stat)
	if err != nil {
		return 0, err
	}
	user, err1 := strconv.Atoi(fields[11])
	system, err2 := strconv.Atoi(fields[12])
	if err := errors.Join(err1, err2); err != nil {
		return 0, fmt.Errorf("parse /proc stat: %w", err)
	}
	return time.Duration(user+system) * tick, nil
}

// statFields are those from the 3rd on. The 2nd field is the program's name in parentheses, which may itself hold
// blanks and parentheses.
func statFields(stat []byte) ([]string, error) {
	end := bytes.LastIndexByte(stat, ')')
	if end < 0 {
		return nil, errors.New("parse /proc stat: no program name")
	}
	fields := strings.Fields(string(stat[end+1:]))
	if len(fields) < 13 {
		return nil, errors.New("parse /proc stat: too few fields")
	}
	return fields, nil
}

// lives reports whether a process is there. One that nobody has reaped is not.
func lives(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	fields, err := statFields(stat)
	return err == nil && fields[0] != "Z" && fields[0] != "X"
}

// residentKiB is the process's resident memory.
func residentKiB(pid int) (int, error) { return statusKiB(pid, "VmRSS:") }

// peakKiB is the most that it has had since [forgetPeak].
func peakKiB(pid int) (int, error) { return statusKiB(pid, "VmHWM:") }

// forgetPeak makes what a process has now its peak, and returns that.
func forgetPeak(pid int) (int, error) {
	const resetPeak = "5"
	if err := os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", pid), []byte(resetPeak), 0); err != nil {
		return 0, fmt.Errorf("reset peak memory: %w", err)
	}
	return residentKiB(pid)
}

func statusKiB(pid int, key string) (int, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, fmt.Errorf("read memory: %w", err)
	}
	return parseStatus(string(status), key)
}

func parseStatus(status, key string) (int, error) {
	for line := range strings.Lines(status) {
		if rest, ok := strings.CutPrefix(line, key); ok {
			kib, err := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")))
			if err != nil {
				return 0, fmt.Errorf("parse %s %w", key, err)
			}
			return kib, nil
		}
	}
	return 0, fmt.Errorf("parse /proc status: no %s", key)
}
