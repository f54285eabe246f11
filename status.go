package main

import (
	"fmt"
	"io"
	"math"
	"strings"
	"time"

	"spool/schema"
)

// set changes what is shown.
func (p *progress) set(change func(*status)) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	change(&p.status)
}

// doing says what goes on.
func (p *progress) doing(what string) { p.set(func(s *status) { s.doing = what }) }

// loss returns what tells people that a connection was lost: on this line, or in one of its
// own where there is none.
func (p *progress) loss(errs io.Writer) func(error) {
	return func(err error) {
		if p == nil {
			fmt.Fprintf(errs, "spool: the connection was lost (%v): connecting again\n", err)
		}
		p.doing("connecting again")
	}
}

// count says how many lines there were.
func (p *progress) count(lines int64) {
	p.set(func(s *status) { s.doing, s.lines, s.position = "running", lines, 0 })
}

// news takes what an envelope says about the run.
func (p *progress) news(e envelope, now time.Time) {
	p.set(func(s *status) {
		switch {
		case e.T == "stderr" || e.isRun():
			s.doing, s.position = "running", 0
		case e.Info == schema.InfoQueued:
			s.doing, s.position = "queued", e.Position
		case e.Info == schema.InfoDeadline:
			s.deadline = now.Add(time.Duration(e.InSeconds) * time.Second)
		}
	})
}

// status is what a progress shows.
type status struct {
	doing    string
	began    time.Time
	lines    int64
	position int       // in the queue
	deadline time.Time // zero as long as it is far
}

// text returns the line.
func (s status) text(now time.Time) string {
	parts := []string{s.doing, now.Sub(s.began).Truncate(time.Second).String()}
	if s.position > 0 {
		parts = append(parts, fmt.Sprintf("position %d", s.position))
	}
	if s.lines == 1 {
		parts = append(parts, "1 line")
	}
	if s.lines > 1 {
		parts = append(parts, fmt.Sprintf("%d lines", s.lines))
	}
	if left := s.deadline.Sub(now); left > 0 {
		parts = append(parts, fmt.Sprintf("deadline in %ds", int(math.Ceil(left.Seconds()))))
	}
	return strings.Join(parts, ", ")
}
