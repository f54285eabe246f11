package handler

import (
	"bufio"
	"io"
	"time"
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
	if _, err := io.CopyBuffer(fragments{s, message}, text, make([]byte, spool.BufferSize)); err != nil {
		return err
	}
	return message.Close()
}

// fragments gives every part of a message its own time to be taken.
type fragments struct {
	session *session
	message io.Writer
}

func (f fragments) Write(part []byte) (int, error) {
	_ = f.session.conn.SetWriteDeadline(time.Now().Add(f.session.stall))
	return f.message.Write(part)
}
