package main

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/fasthttp/websocket"
	"github.com/go-json-experiment/json"

	"spool/schema"
)

// How the server's own frames begin. Everything else is a line of claude's.
var infoStarts = []string{schema.InfoFrame, `{"info":"run","run":"run_`, `{"info":"queued","position":`}

const (
	stderrStart = `{"stderr":"`
	errorStart  = `{"error":"`
)

// printer prints messages where they belong.
type printer struct {
	out  *bufio.Writer
	errs io.Writer
	// held looks like an error frame. It is one if the server closes next, else a line.
	held []byte
}

// show prints one message, of any length.
func (p *printer) show(message *bufio.Reader) error {
	p.letGo()
	head, _ := message.Peek(len(schema.InfoFrame))
	startsWith := func(start string) bool { return strings.HasPrefix(string(head), start) }
	switch {
	case slices.ContainsFunc(infoStarts, startsWith):
		return nil
	case startsWith(errorStart):
		text, err := io.ReadAll(message)
		p.held = text
		return err
	case startsWith(stderrStart):
		var frame schema.StderrFrame
		err := json.UnmarshalRead(message, &frame)
		fmt.Fprintln(p.errs, frame.Stderr)
		return err
	default:
		_, err := io.Copy(p.out, message)
		fmt.Fprintln(p.out)
		return err
	}
}

// letGo prints what was held as the line that it is.
func (p *printer) letGo() {
	if p.held != nil {
		fmt.Fprintf(p.out, "%s\n", p.held)
		p.held = nil
	}
}

// failure returns the error frame that came before the end of the connection, if one did.
func (p *printer) failure(end error) (failure schema.Error) {
	if websocket.IsCloseError(end, websocket.CloseNormalClosure) || json.Unmarshal(p.held, &failure) != nil {
		p.letGo()
		return schema.Error{}
	}
	return failure
}
