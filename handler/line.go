package handler

import (
	"bufio"
	"io"
	"slices"
	"unicode/utf8"

	"github.com/fasthttp/websocket"
	"github.com/go-json-experiment/json/jsontext"
	"golang.org/x/text/runes"
	"golang.org/x/text/transform"

	"spool/spool"
)

// sendLine writes one line as one text message: its bytes unchanged, or quoted within an
// envelope. A text message must be UTF-8: what is not becomes U+FFFD. A long line is copied
// in fragments.
func (s *session) sendLine(line spool.Line) error {
	before, after := s.dialect.line(line.N)
	if text, ok := shortLine(line, before, after); ok {
		return s.send(text)
	}
	message, err := s.conn.NextWriter(websocket.TextMessage)
	if err != nil {
		return err
	}
	if err := copyLine(message, line, before, after); err != nil {
		return err
	}
	return message.Close()
}

// shortLine returns a line that is in memory as it is written, and reports false for one
// that must be copied. Nearly all lines are short ones: they take no buffers of their own.
func shortLine(line spool.Line, before, after []byte) (text []byte, ok bool) {
	switch {
	case line.Long():
		return nil, false
	case before != nil:
		return append(appendQuoted(before, line.Bytes), after...), true
	default:
		return append(slices.Clip(line.Bytes), after...), utf8.Valid(line.Bytes)
	}
}

// copyLine writes a line of any length, quoted if something stands around it.
func copyLine(to io.Writer, line spool.Line, before, after []byte) error {
	if text, ok := shortLine(line, before, after); ok {
		_, err := to.Write(text)
		return err
	}
	text := onlyWriter{to}
	if before != nil {
		if _, err := to.Write(before); err != nil {
			return err
		}
		text = onlyWriter{&quoter{to: to}}
	}
	if _, err := io.CopyBuffer(text, validText(line), make([]byte, spool.BufferSize)); err != nil {
		return err
	}
	_, err := to.Write(after)
	return err
}

// validText reads a line with U+FFFD for each byte that is not UTF-8.
func validText(line spool.Line) io.Reader {
	return transform.NewReader(bufio.NewReaderSize(line.Reader(), spool.BufferSize), runes.ReplaceIllFormed())
}

// onlyWriter hides that a message can read for itself: it would do so in small pieces.
type onlyWriter struct{ io.Writer }

// appendQuoted appends the inside of a JSON string.
func appendQuoted(to, text []byte) []byte {
	start := len(to)
	to, _ = jsontext.AppendQuote(to, text) // the error is about bytes that became U+FFFD
	return append(to[:start], to[start+1:len(to)-1]...)
}

// quoter writes text that comes in pieces as the inside of a JSON string.
type quoter struct {
	to     io.Writer
	begun  []byte // a character of which not all has come
	quoted []byte
}

func (q *quoter) Write(p []byte) (int, error) {
	text := append(q.begun, p...)
	whole := len(text)
	for back := 1; back < utf8.UTFMax && back <= len(text); back++ {
		if utf8.RuneStart(text[len(text)-back]) {
			if !utf8.FullRune(text[len(text)-back:]) {
				whole = len(text) - back
			}
			break
		}
	}
	q.quoted = appendQuoted(q.quoted[:0], text[:whole])
	q.begun = append([]byte(nil), text[whole:]...)
	_, err := q.to.Write(q.quoted)
	return len(p), err
}
