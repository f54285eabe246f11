package main

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"
)

// report prints the medians and their ratios as a Markdown table.
func report(out io.Writer, p plan, servers []command, res results) error {
	ours, theirs := res.servers[servers[0].name], res.servers[servers[1].name]
	thousands := func(v float64) float64 { return v / 1000 }
	rows := []row{
		{"k lines/s, agent writes in chunks of 64 KiB", "%.0f", each(ours.linesPerSecond[inChunks], thousands), each(theirs.linesPerSecond[inChunks], thousands)},
		{"k lines/s, agent writes line by line", "%.0f", each(ours.linesPerSecond[lineByLine], thousands), each(theirs.linesPerSecond[lineByLine], thousands)},
		{"server CPU s per million lines, in chunks", "%.2f", ours.cpuPerMillion[inChunks], theirs.cpuPerMillion[inChunks]},
		{"server CPU s per million lines, line by line", "%.2f", ours.cpuPerMillion[lineByLine], theirs.cpuPerMillion[lineByLine]},
		{"first line, ms after the payload was sent", "%.2f", ours.firstLine, theirs.firstLine},
		{fmt.Sprintf("the same less fork+exec (%.2f ms)", median(res.forkExec)), "%.2f", ours.overhead, theirs.overhead},
		{"KiB resident per idle connection", "%.1f", ours.idleKiB, theirs.idleKiB},
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %d cores, Linux %s, %s, %s\n", cpuModel(), runtime.NumCPU(), kernel(), runtime.Version(), time.Now().UTC().Format(time.DateOnly))
	fmt.Fprintf(&b, "Medians of %d alternating rounds (in parentheses: lowest to highest); %d lines of %d bytes per run, %d idle connections, %d starts per round.\n\n",
		p.rounds, p.lines, lineBytes, p.idle, p.starts)
	fmt.Fprintf(&b, "| one connection, loopback | %s | %s | ratio |\n|---|---:|---:|---:|\n", servers[0].name, servers[1].name)
	for _, r := range rows {
		b.WriteString(r.String())
	}
	_, err := io.WriteString(out, b.String())
	return err
}

// row is one measurement of both servers.
type row struct {
	what, format string
	ours, theirs []float64
}

func (r row) String() string {
	return fmt.Sprintf("| %s | %s | %s | %s |\n", r.what, r.cell(r.ours), r.cell(r.theirs), r.ratio())
}

// ratio is of the medians. A difference of times can be nothing or less than
// nothing, and then a ratio says nothing.
func (r row) ratio() string {
	ours, theirs := median(r.ours), median(r.theirs)
	if ours <= 0 || theirs <= 0 {
		return "-"
	}
	return fmt.Sprintf("%.2f", ours/theirs)
}

func (r row) cell(values []float64) string {
	return fmt.Sprintf(r.format+" ("+r.format+" to "+r.format+")", median(values), slices.Min(values), slices.Max(values))
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}

func each(values []float64, change func(float64) float64) []float64 {
	out := make([]float64, len(values))
	for i, v := range values {
		out[i] = change(v)
	}
	return out
}

func kernel() string {
	release, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		return "of unknown version"
	}
	return strings.TrimSpace(string(release))
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
