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

// parseStat adds utime and stime, the 14th and 15th field. The 2nd field is
// the program's name in parentheses, which may itself hold blanks and
// parentheses.
func parseStat(stat []byte) (time.Duration, error) {
	end := bytes.LastIndexByte(stat, ')')
	if end < 0 {
		return 0, errors.New("parse /proc stat: no program name")
	}
	fields := strings.Fields(string(stat[end+1:])) // from the 3rd field on
	if len(fields) < 13 {
		return 0, errors.New("parse /proc stat: too few fields")
	}
	user, err1 := strconv.Atoi(fields[11])
	system, err2 := strconv.Atoi(fields[12])
	if err := errors.Join(err1, err2); err != nil {
		return 0, fmt.Errorf("parse /proc stat: %w", err)
	}
	return time.Duration(user+system) * tick, nil
}

// residentKiB is the process's resident memory.
func residentKiB(pid int) (int, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, fmt.Errorf("read resident memory: %w", err)
	}
	return parseStatus(string(status))
}

func parseStatus(status string) (int, error) {
	for line := range strings.Lines(status) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kib, err := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")))
			if err != nil {
				return 0, fmt.Errorf("parse VmRSS: %w", err)
			}
			return kib, nil
		}
	}
	return 0, errors.New("parse /proc status: no VmRSS")
}
