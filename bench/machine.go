package main

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"
)

// machine describes where the figures come from.
func machine() string {
	return fmt.Sprintf("%s, Linux %s, %s, %s; load %s at the start",
		hardware(), firstLineOf("/proc/sys/kernel/osrelease"), runtime.Version(), time.Now().Format(time.DateOnly), firstLineOf("/proc/loadavg"))
}

func hardware() string { return fmt.Sprintf("%s, %d cores", cpuModel(), runtime.NumCPU()) }

// firstLineOf is a file's, or says that it is unknown.
func firstLineOf(path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return "unknown"
	}
	line, _, _ := strings.Cut(string(text), "\n")
	return line
}

func cpuModel() string {
	info, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return "unknown CPU"
	}
	for line := range strings.Lines(string(info)) {
		if name, ok := strings.CutPrefix(line, "model name"); ok {
			return strings.TrimSpace(strings.TrimLeft(name, "\t :"))
		}
	}
	return "unknown CPU"
}
