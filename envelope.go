package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"unicode/utf16"

	"github.com/go-json-experiment/json/jsontext"

	"spool/schema"
)

// envelope is any of the protocol's envelopes but a line, which may be too long to be held.
type envelope struct {
	T         string       `json:"t"`
	Info      string       `json:"info"`
	Position  int          `json:"position"`
	InSeconds int          `json:"inSeconds"`
	Text      string       `json:"text"`
	State     schema.State `json:"state"`
	Code      schema.Code  `json:"code"`
	Error     string       `json:"error"`
}

// isRun reports whether it tells the run's id.
func (e envelope) isRun() bool { return e.T == "info" && e.Info == schema.InfoRun }

// How the envelope of a line is laid out: {"t":"line","n":17,"line":"…"}.
const (
	lineStart  = `{"t":"line","n":`
	lineMiddle = `,"line":"`
	lineHead   = len(lineStart) + 19 + len(lineMiddle) // at most, with the number's digits
)

// readLineHead reads the envelope of a line up to the text of the line, and returns the
// line's number. Of other envelopes it reads nothing and returns 0.
func readLineHead(message *bufio.Reader) (n int64, err error) {
	head, err := message.Peek(lineHead)
	if err != nil && !errors.Is(err, io.EOF) {
		return 0, err
	}
	rest, isLine := bytes.CutPrefix(head, []byte(lineStart))
	if !isLine {
		return 0, nil
	}
	digits, _, whole := bytes.Cut(rest, []byte(lineMiddle))
	n, err = strconv.ParseInt(string(digits), 10, 64)
	if err != nil || !whole || n < 1 {
		return 0, noEnvelope(fmt.Errorf("a line without number: %q", head))
	}
	_, err = message.Discard(len(lineStart) + len(digits) + len(lineMiddle))
	return n, err
}

// unquote copies the inside of a JSON string, of any length, and reads its closing quote.
func unquote(to io.Writer, from *bufio.Reader) error {
	var text []byte
	for {
		if _, err := from.Peek(1); err != nil {
			return unended(err)
		}
		quoted, _ := from.Peek(from.Buffered())
		read, over := 0, false
		text, read, over = appendUnquoted(text[:0], quoted)
		if _, err := to.Write(text); err != nil {
			return err
		}
		_, _ = from.Discard(read)
		if over {
			return nil
		}
		if read < len(quoted) {
			if err := unescape(to, from); err != nil {
				return err
			}
		}
	}
}

// escaped are the characters behind a backslash that stand for one byte.
var escaped = [256]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// appendUnquoted appends text up to its closing quote, over which it reads, or to an escape that is
// not simple or not there as a whole.
func appendUnquoted(to, quoted []byte) (text []byte, read int, over bool) {
	plain := 0 // where it begins
	for i := 0; i < len(quoted); i++ {
		switch quoted[i] {
		case '"':
			return append(to, quoted[plain:i]...), i + 1, true
		case '\\':
			to = append(to, quoted[plain:i]...)
			if i+1 == len(quoted) || escaped[quoted[i+1]] == 0 {
				return to, i, false
			}
			to = append(to, escaped[quoted[i+1]])
			i++
			plain = i + 1
		}
	}
	return append(to, quoted[plain:]...), len(quoted), false
}

// unescape copies one escaped character, or two that are a pair.
func unescape(to io.Writer, from *bufio.Reader) error {
	escape, err := from.Peek(2)
	if err == nil && escape[1] == 'u' {
		escape, err = peekRune(from)
	}
	if err != nil {
		return unended(err)
	}
	text, err := jsontext.AppendUnquote(nil, `"`+string(escape)+`"`)
	if err != nil {
		return noEnvelope(err)
	}
	_, _ = from.Discard(len(escape))
	_, err = to.Write(text)
	return err
}

// peekRune returns \u and its digits, with those of the second half of a surrogate pair.
func peekRune(from *bufio.Reader) ([]byte, error) {
	first, err := from.Peek(6)
	if err != nil {
		return nil, err
	}
	if r, err := strconv.ParseUint(string(first[2:]), 16, 16); err == nil && utf16.IsSurrogate(rune(r)) {
		return from.Peek(12)
	}
	return first, nil
}

// unended is the error of a text that ends before its closing quote: that of the connection,
// if it is not the message that ends.
func unended(err error) error {
	if errors.Is(err, io.EOF) {
		return noEnvelope(io.ErrUnexpectedEOF)
	}
	return err
}

// noEnvelope is the end of the command when the server does not keep to the protocol.
func noEnvelope(err error) error {
	return &exitError{exitFailed, fmt.Sprintf("the server sent what is no envelope: %v", err)}
}
