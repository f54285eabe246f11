package main

import (
	"fmt"
	"os"
	"runtime"
	"strings"
)

// machine describes where the figures come from.
func machine() string {
	return fmt.Sprintf("%s, %d cores, Linux %s, %s; load %s at the start",
		cpuModel(), runtime.NumCPU(), firstLineOf("/proc/sys/kernel/osrelease"), runtime.Version(), firstLineOf("/proc/loadavg"))
}

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
