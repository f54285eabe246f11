package main

import (
	"fmt"
	"io"
	"os"
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
