package main

import (
	"fmt"
	"slices"
	"strings"
)

// table is the comparison in Markdown, with medians and their ratios.
func (c *comparison) table() string {
	ours, theirs := c.samples[0], c.samples[1]
	rows := []row{
		{"k lines/s, agent writes in chunks of 64 KiB", "%.0f", thousands(ours.linesPerSecond[inChunks]), thousands(theirs.linesPerSecond[inChunks])},
		{"k lines/s, agent writes line by line", "%.0f", thousands(ours.linesPerSecond[lineByLine]), thousands(theirs.linesPerSecond[lineByLine])},
		{"server CPU s per million lines, in chunks", "%.2f", ours.cpuPerMillion[inChunks], theirs.cpuPerMillion[inChunks]},
		{"server CPU s per million lines, line by line", "%.2f", ours.cpuPerMillion[lineByLine], theirs.cpuPerMillion[lineByLine]},
		{"run frame, ms after the payload was sent", "%.2f", ours.accepted, theirs.accepted},
		{"first line, ms after the payload was sent", "%.2f", ours.firstLine, theirs.firstLine},
		{fmt.Sprintf("the same less fork+exec (%.2f ms)", median(c.forkExec)), "%.2f", ours.overhead, theirs.overhead},
		{"close frame, ms after the result line", "%.2f", ours.close, theirs.close},
		{"KiB resident per idle connection", "%.1f", ours.idleKiB, theirs.idleKiB},
	}
	var b strings.Builder
	fmt.Fprintf(&b, "\n%d rounds by turns; %d lines of %d bytes per run, %d idle connections, %d starts per round.\n\n",
		c.rounds, c.lines, lineBytes, c.idle, c.plan.starts)
	writeRow(&b, "one connection", c.servers[0].name, c.servers[1].name, "ratio")
	writeRow(&b, "---", "---:", "---:", "---:")
	for _, r := range rows {
		b.WriteString(r.String())
	}
	return b.String()
}

// row is one measurement of two servers.
type row struct {
	what, format string
	ours, theirs []float64
}

func (r row) String() string {
	var b strings.Builder
	writeRow(&b, r.what, spread(r.format, r.ours), spread(r.format, r.theirs), r.ratio())
	return b.String()
}

func (r row) ratio() string { return ratio(r.ours, r.theirs) }

// ratio is of the medians. A difference of times can be nothing or less than nothing, and
// then a ratio says nothing.
func ratio(ours, theirs []float64) string {
	if len(ours) == 0 || len(theirs) == 0 || median(ours) <= 0 || median(theirs) <= 0 {
		return "-"
	}
	return fmt.Sprintf("%.2f", median(ours)/median(theirs))
}

// spread is the median of values, and the lowest and highest.
func spread(format string, values []float64) string {
	if len(values) == 0 {
		return "-"
	}
	return fmt.Sprintf(format+" ("+format+" to "+format+")", median(values), slices.Min(values), slices.Max(values))
}

// writeRow writes one row of a table.
func writeRow(b *strings.Builder, cells ...string) {
	fmt.Fprintf(b, "| %s |\n", strings.Join(cells, " | "))
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}

func thousands(values []float64) []float64 {
	out := make([]float64, len(values))
	for i, v := range values {
		out[i] = v / 1000
	}
	return out
}
