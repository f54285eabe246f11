package handler

import (
	"errors"
	"io"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"spool/spool"
)

// tellLine writes one line as one text message: its bytes unchanged, or quoted within an
// envelope. A text message must be UTF-8: what is not becomes U+FFFD. A long line is copied
// in fragments.
func (s *session) tellLine(line spool.Line) error {
	if !line.Long() {
		return s.frames.line(s.dialect, line)
	}
	m := &message{frames: &s.frames}
	if err := s.dialect.copyLine(m, line); err != nil {
		return err
	}
	return m.Close()
}

// tellBatch writes each line of a batch as a message.
func (s *session) tellBatch(batch spool.Batch) error {
	if s.dialect == (raw{}) && utf8.Valid(batch.Bytes) {
		return s.frames.lines(batch)
	}
	for line := range batch.Lines {
		if err := s.tellLine(line); err != nil {
			return err
		}
	}
	return nil
}

// appendValid appends text with U+FFFD for each byte that is not UTF-8.
func appendValid(to, text []byte) []byte {
	if utf8.Valid(text) {
		return append(to, text...)
	}
	for _, r := range string(text) {
		to = utf8.AppendRune(to, r)
	}
	return to
}

// appendQuoted appends the inside of a JSON string, with U+FFFD likewise.
func appendQuoted(to, text []byte) []byte {
	start := len(to)
	to, _ = jsontext.AppendQuote(to, text) // the error is about bytes that became U+FFFD
	return append(to[:start], to[start+1:len(to)-1]...)
}

// copyText writes a line of any length as appendPiece makes it, piece by piece.
func copyText(to io.Writer, line spool.Line, appendPiece func(to, text []byte) []byte) error {
	return copyPieces(to, line.Reader(), make([]byte, spool.BufferSize), appendPiece)
}

// copyPieces writes a text in pieces that are as large as piece is. None ends within a
// character.
func copyPieces(to io.Writer, from io.Reader, piece []byte, appendPiece func(to, text []byte) []byte) error {
	written := make([]byte, 0, len(piece))
	for begun := 0; ; {
		n, err := io.ReadFull(from, piece[begun:])
		last := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		if err != nil && !last {
			return err
		}
		text := piece[:begun+n]
		whole := len(text)
		if !last {
			whole -= begunRune(text)
		}
		written = appendPiece(written[:0], text[:whole])
		if _, err := to.Write(written); err != nil || last {
			return err
		}
		begun = copy(piece, text[whole:])
	}
}

// begunRune returns how many bytes at the end of a text are a character of which not all has
// come.
func begunRune(text []byte) int {
	for back := 1; back < utf8.UTFMax && back <= len(text); back++ {
		if last := text[len(text)-back:]; utf8.RuneStart(last[0]) {
			if utf8.FullRune(last) {
				return 0
			}
			return back
		}
	}
	return 0
}
