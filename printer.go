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
// was answered already, and of an error it is not known yet what it means for the run.
func (p *printer) isNew(e envelope) bool {
	switch {
	case e.T == "info" && e.Info == schema.InfoSend, e.T == "error":
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

// showProgress shows it again behind all that was printed, unless that is half a line.
func (p *printer) showProgress() {
	_ = p.out.Flush() // the writer keeps an error for the next one
	if p.part == 0 {
		p.progress.show()
	}
}
