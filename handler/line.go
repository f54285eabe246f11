package handler

import (
	"bufio"
	"io"
	"unicode/utf8"

	"github.com/fasthttp/websocket"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"spool/spool"
)

// sendLine writes one line as one text message, its bytes unchanged. A text message must
// be UTF-8: what is not becomes U+FFFD. A long line is copied in fragments.
func (s *session) sendLine(line spool.Line) error {
	if !line.Long() && utf8.Valid(line.Bytes) {
		return s.send(line.Bytes)
	}
	message, err := s.conn.NextWriter(websocket.TextMessage)
	if err != nil {
		return err
	}
	text := transform.NewReader(bufio.NewReaderSize(line.Reader(), spool.BufferSize), unicode.UTF8.NewDecoder())
	if _, err := io.CopyBuffer(onlyWriter{message}, text, make([]byte, spool.BufferSize)); err != nil {
		return err
	}
	return message.Close()
}

// onlyWriter hides that a message can read for itself: it would do so in small pieces.
type onlyWriter struct{ io.Writer }
