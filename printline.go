package main

import (
	"bufio"
	"fmt"
	"io"
)

// line prints the line of number n, or what is left of it.
func (p *printer) line(n int64, message *bufio.Reader) error {
	if n != p.lines+1 {
		return &exitError{exitFailed, fmt.Sprintf("the server sent line %d behind line %d", n, p.lines)}
	}
	p.progress.hide()
	to := &continuation{to: p.out, skip: p.part}
	err := p.copyLine(to, n, message)
	if to.passed > p.part {
		p.part, p.fresh = to.passed, true
	}
	if err != nil {
		return err
	}
	if err := p.out.WriteByte('\n'); err != nil {
		return err
	}
	p.lines, p.part, p.fresh = n, 0, true
	p.progress.count(n)
	p.showProgress()
	return nil
}

func (p *printer) copyLine(to io.Writer, n int64, message *bufio.Reader) error {
	if !p.json {
		return unquote(to, message)
	}
	if _, err := fmt.Fprintf(to, "%s%d%s", lineStart, n, lineMiddle); err != nil {
		return err
	}
	_, err := message.WriteTo(to)
	return err
}

// continuation passes on what comes behind the first bytes, which were printed before.
type continuation struct {
	to     io.Writer
	skip   int64
	passed int64 // bytes, with those that were left out
}

func (c *continuation) Write(p []byte) (int, error) {
	left := min(int64(len(p)), max(c.skip-c.passed, 0))
	n, err := c.to.Write(p[left:])
	c.passed += left + int64(n)
	return int(left) + n, err
}

// unprintable is an error of what is printed to.
type unprintable struct{ error }

func (e unprintable) Unwrap() error { return e.error }

// outlet marks errors of what is printed to: coming back to the server does not help.
type outlet struct{ io.Writer }

func (o outlet) Write(p []byte) (int, error) {
	n, err := o.Writer.Write(p)
	if err != nil {
		return n, unprintable{fmt.Errorf("print: %w", err)}
	}
	return n, nil
}
