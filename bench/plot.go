package main

import (
	_ "embed" // the plot's template
	"fmt"
	"math"
	"os"
	"text/template"
)

// chart is a group of bars on a logarithmic scale.
type chart struct {
	Title string
	Y     int
	Bars  []bar
}

// bar is one contestant's.
type bar struct {
	Name, Value, Class string
	Y                  int
	Width              float64
}

// plot is what the template draws.
type plot struct {
	Height   int
	Subtitle string
	Charts   []chart
}

const (
	plotWidth = 430 // of the longest bar
	barHeight = 22
	headRoom  = 64 // above the first chart
	chartHead = 34
	chartFoot = 14
)

// charted are the measures that are drawn.
var charted = []struct {
	title string
	measure
}{
	{"Lines per second, agent writes in chunks (thousands; more is better)", chunksRate},
	{"Lines per second, agent writes line by line (thousands; more is better)", singleRate},
	{"Server CPU seconds per million lines, in chunks (less is better)", chunksCPU},
	{"Real CLI: milliseconds from dialling to the first line (less is better)", cliFirst},
}

//go:embed plot.svg.tmpl
var plotText string

var plotTemplate = template.Must(template.New("plot").Parse(plotText))

// draw writes the plot, if somebody wants it.
func (r *rig) draw() error {
	if r.svg == "" {
		return nil
	}
	file, err := os.Create(r.svg)
	if err != nil {
		return fmt.Errorf("draw plot: %w", err)
	}
	if err := plotTemplate.Execute(file, r.plotted()); err != nil {
		return fmt.Errorf("draw plot: %w", err)
	}
	return file.Close()
}

func (r *rig) plotted() plot {
	p := plot{Height: headRoom, Subtitle: fmt.Sprintf("Medians of %d rounds on %s; the scales are logarithmic", r.rounds, hardware())}
	for _, c := range charted {
		bars := r.bars(c.measure)
		if len(bars) == 0 {
			continue
		}
		p.Charts = append(p.Charts, chart{c.title, p.Height, bars})
		p.Height += chartHead + len(bars)*barHeight + chartFoot
	}
	return p
}

// bars are those of all contestants that have a figure.
func (r *rig) bars(m measure) (bars []bar) {
	var values []float64
	classes := map[kind]string{us: "us", peer: "peer", limit: "limit"}
	for _, c := range append(r.field, contestant{name: pipeName, kind: limit}, contestant{name: bareCLI, kind: limit}) {
		if v, ok := r.board.median(c.name, m); ok && v > 0 {
			bars = append(bars, bar{Name: c.name, Value: grouped(v), Class: classes[c.kind], Y: chartHead + len(bars)*barHeight})
			values = append(values, v)
		}
	}
	for i, width := range logarithmic(values) {
		bars[i].Width = width
	}
	return bars
}

// grouped is a number in which people find the thousands.
func grouped(v float64) string {
	if v < 10_000 {
		return number(v)
	}
	return fmt.Sprintf("%d,%03d", int(v)/1000, int(v)%1000)
}

// logarithmic gives every value a width: the greatest all of it, and a power of ten below the least none.
func logarithmic(values []float64) []float64 {
	low, high := math.Inf(1), math.Inf(-1)
	for _, v := range values {
		low, high = min(low, math.Log10(v)), max(high, math.Log10(v))
	}
	low = math.Floor(low - 0.3)
	widths := make([]float64, len(values))
	for i, v := range values {
		widths[i] = math.Round(plotWidth*(math.Log10(v)-low)/(high-low)*10) / 10
	}
	return widths
}
