package main

import (
	"bufio"
	"fmt"
	"io"
	"time"

	"github.com/fasthttp/websocket"
	"github.com/go-json-experiment/json"

	"spool/schema"
)

// printer prints a run's envelopes where they belong, each once: it may be given one
// connection after the other.
type printer struct {
	out      *bufio.Writer
	errs     io.Writer
	json     bool // print the envelopes themselves
	progress *progress
	in       *bufio.Reader

	lines  int64 // the number of the last line that was printed
	part   int64 // how many bytes of the next one were printed before the connection was lost
	stderr int64 // how many lines of stderr were printed
	named  bool  // the run's id was printed, as an envelope

	stderrCame int64 // on this connection, which tells all of them
	fresh      bool  // this connection has brought something new
}

// newPrinter returns a printer that goes on behind line number from. It must be closed.
func newPrinter(s streams, asJSON bool, from int64) *printer {
	return &printer{
		out: bufio.NewWriterSize(outlet{s.out}, 64<<10), errs: s.errors, json: asJSON,
		progress: newProgress(s.errors), in: bufio.NewReaderSize(nil, 64<<10), lines: from,
	}
}

func (p *printer) close() { p.progress.stop() }

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

// print prints what comes on a connection until the run ends, and returns how it ended.
// [isLost] tells errors of the connection.
func (p *printer) print(from *connection) error {
	p.stderrCame, p.fresh = 0, false
	for {
		_, message, err := from.NextReader()
		if err != nil {
			return closed(err)
		}
		p.in.Reset(message)
		over, err := p.show(p.in)
		if flushed := p.out.Flush(); flushed != nil {
			return flushed
		}
		if over {
			from.bid()
		}
		if over || err != nil {
			return err
		}
	}
}

// closed returns what the end of a connection means.
func closed(err error) error {
	if websocket.IsCloseError(err, websocket.CloseMessageTooBig, websocket.CloseInvalidFramePayloadData) {
		return schema.NewError(schema.TooLarge, "the server refused the message: it is too big, or not UTF-8")
	}
	return err
}

// show prints one envelope. With over set, the error is how the run ended.
func (p *printer) show(message *bufio.Reader) (over bool, err error) {
	n, err := readLineHead(message)
	if err != nil {
		return false, err
	}
	if n > 0 {
		return false, p.line(n, message)
	}
	text, err := io.ReadAll(message)
	if err != nil {
		return false, err
	}
	var e envelope
	if err := json.Unmarshal(text, &e); err != nil {
		return true, noEnvelope(err)
	}
	return p.tell(e, text)
}

// tell prints an envelope that is no line.
func (p *printer) tell(e envelope, text []byte) (over bool, err error) {
	p.progress.news(e, time.Now())
	if p.json && p.isNew(e) {
		p.printOn(p.out, string(text))
	}
	p.named = p.named || e.isRun()
	switch e.T {
	case "stderr":
		p.tellStderr(e.Text)
	case "end":
		return true, endOf(e.State, e.Code, e.Error)
	case "error":
		return true, schema.NewError(e.Code, e.Error)
	}
	return false, nil
}

// isNew reports whether an envelope was not printed yet. The server's request for a prompt
// was answered already, and is nothing to print.
func (p *printer) isNew(e envelope) bool {
	switch {
	case e.T == "info" && e.Info == schema.InfoSend:
		return false
	case e.isRun():
		return !p.named
	case e.T == "stderr":
		return p.stderrCame >= p.stderr
	default:
		return true
	}
}

// tellStderr counts a line of stderr, all of which come again on each connection, and
// prints it if it is new.
func (p *printer) tellStderr(text string) {
	p.stderrCame++
	if p.stderrCame <= p.stderr {
		return
	}
	p.stderr, p.fresh = p.stderrCame, true
	if !p.json {
		p.printOn(p.errs, text)
	}
}

func (p *printer) printOn(to io.Writer, text string) {
	p.progress.hide()
	fmt.Fprintln(to, text)
	p.showProgress()
}

// showProgress shows it again, unless half a line stands on the terminal.
func (p *printer) showProgress() {
	if p.part == 0 {
		p.progress.show()
	}
}

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
