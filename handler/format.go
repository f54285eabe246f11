package handler

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"spool/run"
	"spool/schema"
	"spool/spool"
)

// format is how a run is written into the answer of a plain request.
type format interface {
	mediaType() string
	begin(to *bufio.Writer) error
	frame(to *bufio.Writer, kind string, text []byte) error
	line(to *bufio.Writer, line spool.Line) error
	batch(to *bufio.Writer, batch spool.Batch) error
	alive(to *bufio.Writer) error
	// end writes the end of the run.
	end(to *bufio.Writer, o run.Outcome) error
	// fail reports false if what went wrong cannot be told in this format.
	fail(to *bufio.Writer, err *schema.Error) bool
}

// endID is the id of the event with which a run ends. A browser comes back with the last id
// that it has seen, also after the end.
const endID = "end"

// sse is server-sent events: a line is an event whose id is its number, everything else an
// event with a name and an envelope.
type sse struct{}

func (sse) mediaType() string { return eventStream }

func (sse) begin(to *bufio.Writer) error {
	_, err := to.WriteString("retry: 1000\n\n")
	return err
}

func (sse) frame(to *bufio.Writer, kind string, text []byte) error {
	_, err := fmt.Fprintf(to, "event: %s\ndata: %s\n\n", kind, text)
	return err
}

// line writes a line as it is. One with a carriage return, at which an event's data would
// be divided, is written as a JSON string.
func (f sse) line(to *bufio.Writer, line spool.Line) error {
	divided, err := contains(line, '\r')
	if err != nil {
		return err
	}
	begin, appendText, end := "\ndata: ", appendValid, "\n\n"
	if divided {
		begin, appendText, end = "\nevent: encoded\ndata: \"", appendQuoted, "\"\n\n"
	}
	start := append(strconv.AppendInt(append(to.AvailableBuffer(), "id: "...), line.N, 10), begin...)
	if _, err := to.Write(start); err != nil {
		return err
	}
	if err := writeText(to, line, appendText); err != nil {
		return err
	}
	_, err = to.WriteString(end)
	return err
}

func (f sse) batch(to *bufio.Writer, batch spool.Batch) error { return each(to, batch, f.line) }

// writeText writes the text of a line of any length.
func writeText(to *bufio.Writer, line spool.Line, appendText func(to, text []byte) []byte) error {
	if line.Long() {
		return copyText(to, line, appendText)
	}
	_, err := to.Write(appendText(to.AvailableBuffer(), line.Bytes))
	return err
}

// each writes every line of a batch.
func each(to *bufio.Writer, batch spool.Batch, write func(*bufio.Writer, spool.Line) error) (err error) {
	for line := range batch.Lines {
		if err = write(to, line); err != nil {
			break
		}
	}
	return err
}

func (sse) alive(to *bufio.Writer) error {
	_, err := to.WriteString(": ping\n\n")
	return err
}

func (f sse) end(to *bufio.Writer, o run.Outcome) error {
	if _, err := to.WriteString("id: " + endID + "\n"); err != nil {
		return err
	}
	return f.frame(to, "end", enveloped{}.end(o))
}

// fail has the id of an end: what cannot be served now cannot be later.
func (f sse) fail(to *bufio.Writer, err *schema.Error) bool {
	if _, failed := to.WriteString("id: " + endID + "\n"); failed != nil {
		return false
	}
	return f.frame(to, "error", enveloped{}.failure(err)) == nil
}

// contains reports whether a byte is in a line of any length.
func contains(line spool.Line, b byte) (bool, error) {
	if !line.Long() {
		return bytes.IndexByte(line.Bytes, b) >= 0, nil
	}
	text, buffer := line.Reader(), make([]byte, spool.BufferSize)
	for {
		n, err := text.Read(buffer)
		if bytes.IndexByte(buffer[:n], b) >= 0 {
			return true, nil
		}
		if errors.Is(err, io.EOF) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
	}
}

// lines is an envelope on each line.
type lines struct{}

func (lines) mediaType() string         { return ndjson }
func (lines) begin(*bufio.Writer) error { return nil }

func (lines) frame(to *bufio.Writer, _ string, text []byte) error {
	_, err := to.Write(append(text, '\n'))
	return err
}

func (lines) line(to *bufio.Writer, line spool.Line) (err error) {
	if line.Long() {
		err = enveloped{}.copyLine(to, line)
	} else {
		_, err = to.Write(enveloped{}.appendLine(to.AvailableBuffer(), line))
	}
	if err != nil {
		return err
	}
	return to.WriteByte('\n')
}

func (f lines) batch(to *bufio.Writer, batch spool.Batch) error { return each(to, batch, f.line) }

// alive writes an empty line, which readers of NDJSON pass over.
func (lines) alive(to *bufio.Writer) error { return to.WriteByte('\n') }

func (f lines) end(to *bufio.Writer, o run.Outcome) error {
	return f.frame(to, "end", enveloped{}.end(o))
}

func (f lines) fail(to *bufio.Writer, err *schema.Error) bool {
	return f.frame(to, "error", enveloped{}.failure(err)) == nil
}

// plain is the agent's stdout, byte for byte, and nothing else.
type plain struct{}

func (plain) mediaType() string                         { return fiber.MIMETextPlainCharsetUTF8 }
func (plain) begin(*bufio.Writer) error                 { return nil }
func (plain) frame(*bufio.Writer, string, []byte) error { return nil }
func (plain) alive(*bufio.Writer) error                 { return nil }
func (plain) end(*bufio.Writer, run.Outcome) error      { return nil }
func (plain) fail(*bufio.Writer, *schema.Error) bool    { return false }

func (plain) batch(to *bufio.Writer, batch spool.Batch) error {
	_, err := to.Write(batch.Bytes)
	return err
}

func (plain) line(to *bufio.Writer, line spool.Line) (err error) {
	if line.Long() {
		_, err = io.CopyBuffer(onlyWriter{to}, line.Reader(), make([]byte, spool.BufferSize))
	} else {
		_, err = to.Write(line.Bytes)
	}
	if err != nil {
		return err
	}
	return to.WriteByte('\n')
}

// onlyWriter hides that a buffer can read for itself: it would do so in small pieces.
type onlyWriter struct{ io.Writer }
