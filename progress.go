package main

import (
	"fmt"
	"io"
	"math"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"

	"spool/schema"
)

// progress is a line at the bottom of a terminal that says how the run goes, written over in
// place. A nil progress is for what is no terminal, and shows nothing.
type progress struct {
	to    io.Writer
	width func() int
	end   chan struct{}
	ended sync.WaitGroup

	mu     sync.Mutex
	status status // guarded by mu
	drawn  string // guarded by mu: what stands there now
	hidden bool   // guarded by mu: something else is being printed
}

// progressTick is how often the line is brought up to date.
const progressTick = 200 * time.Millisecond

// clearLine goes to the start of the line and empties it.
const clearLine = "\r\x1b[K"

// newProgress returns a progress that is to be stopped, or nil without a terminal.
func newProgress(to io.Writer) *progress {
	file, ok := to.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) || os.Getenv("TERM") == "dumb" {
		return nil
	}
	p := &progress{to: to, width: func() int { return widthOf(file) }, end: make(chan struct{})}
	p.status = status{doing: "connecting", began: time.Now()}
	p.ended.Go(p.keep)
	return p
}

// widthOf returns the columns of a terminal; some do not know theirs.
func widthOf(file *os.File) int {
	width, _, err := term.GetSize(int(file.Fd()))
	if err != nil || width <= 0 {
		return 80
	}
	return width
}

// keep draws the line until stop.
func (p *progress) keep() {
	tick := time.NewTicker(progressTick)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			p.draw(time.Now())
		case <-p.end:
			return
		}
	}
}

// draw brings the line up to date. One that is as wide as the terminal could not be cleared.
func (p *progress) draw(now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	text := schema.Truncate(p.status.text(now), max(p.width()-1, 0))
	if p.hidden || text == p.drawn {
		return
	}
	fmt.Fprint(p.to, clearLine+text)
	p.drawn = text
}

// stop takes the line away for ever.
func (p *progress) stop() {
	if p == nil {
		return
	}
	close(p.end)
	p.ended.Wait()
	p.hide()
}

// hide takes the line away until show: something else is to be printed.
func (p *progress) hide() {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.hidden = true
	if p.drawn != "" {
		fmt.Fprint(p.to, clearLine)
		p.drawn = ""
	}
}

// show lets the line come back at the next tick.
func (p *progress) show() {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.hidden = false
}

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
	if s.lines > 0 {
		parts = append(parts, fmt.Sprintf("%d lines", s.lines))
	}
	if left := s.deadline.Sub(now); left > 0 {
		parts = append(parts, fmt.Sprintf("deadline in %ds", int(math.Ceil(left.Seconds()))))
	}
	return strings.Join(parts, ", ")
}
