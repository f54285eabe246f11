package main

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// table shows measures of contestants in Markdown: each median with its lowest and highest value, and what Spool's is
// of it.
func (b *board) table(title string, names []string, measures ...measure) string {
	var out strings.Builder
	fmt.Fprintf(&out, "\n%s\n\n", title)
	head, line := []string{""}, []string{"---"}
	for _, m := range measures {
		head, line = append(head, m.what, "Spool ÷ it"), append(line, "---:", "---:")
	}
	writeRow(&out, head...)
	writeRow(&out, line...)
	for _, name := range names {
		cells := []string{name}
		for _, m := range measures {
			cells = append(cells, b.at(name, m).show(m.format), b.ratio(name, m))
		}
		writeRow(&out, cells...)
	}
	return out.String()
}

// show is a cell's median, or what went wrong, or both.
func (c *cell) show(format string) string {
	switch {
	case len(c.faults) == 0:
		return spread(format, c.values)
	case len(c.values) == 0:
		return c.faults[0]
	}
	rounds := len(c.values) + len(c.faults)
	return fmt.Sprintf("%s; %d of %d: %s", spread(format, c.values), len(c.faults), rounds, c.faults[0])
}

func (b *board) ratio(name string, m measure) string {
	if name == spoolName {
		return ""
	}
	return ratio(b.at(spoolName, m).values, b.at(name, m).values)
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
	return number(median(ours) / median(theirs))
}

// number has three digits that mean something, or all before the point.
func number(v float64) string {
	switch {
	case v >= 100:
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	case v >= 0.1:
		return fmt.Sprintf("%.2f", v)
	}
	return fmt.Sprintf("%.3f", v)
}

// spread is the median of values, and the lowest and highest.
func spread(format string, values []float64) string {
	switch len(values) {
	case 0:
		return "-"
	case 1:
		return fmt.Sprintf(format, values[0])
	}
	return fmt.Sprintf(format+" ("+format+" to "+format+")", median(values), slices.Min(values), slices.Max(values))
}

// writeRow writes one row of a table.
func writeRow(b *strings.Builder, cells ...string) {
	fmt.Fprintf(b, "| %s |\n", strings.Join(cells, " | "))
}

func contestantNames(field []contestant) (list []string) {
	for _, c := range field {
		list = append(list, c.name)
	}
	return list
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
