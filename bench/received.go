package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"syscall"
	"time"
)

// cut is the close code of a connection that ends without a close frame.
const cut = 1006

// received is what one run brought.
type received struct {
	run         string    // its id
	accepted    time.Time // when that came
	lines       int       // of the agent
	bytes       int64     // of them
	first, last time.Time // when the first line and the result line came
	answered    time.Time // when the model's first message came
	closed      time.Time // when the close frame came, or the end without one
	code        int       // of the close frame
}

// drain reads to the close frame, or to the end of the connection, and counts the agent's lines: every message
// that is none of the server's own frames.
func (c *client) drain() (received, error) {
	var got received
	own := false
	for {
		f, err := c.in.next()
		if err != nil {
			return got, got.ended(err)
		}
		switch f.opcode {
		case opClose:
			return got, got.close(f.head)
		case opPing: // none comes during so short a run; a pong is not owed at once
			continue
		case opText:
			own = isOwn(f.head)
		}
		if !own {
			got.note(&f)
		} else if err := got.tell(f.head); err != nil {
			return got, err
		}
	}
}

// shortfall is how a server did less than its job.
type shortfall string

func (s shortfall) Error() string { return string(s) }

// ended tells a server that hangs up from one that hangs.
func (r *received) ended(err error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return errors.Join(shortfall(fmt.Sprintf("stuck at line %d", r.lines+1)), err)
	}
	if !errors.Is(err, io.EOF) && !errors.Is(err, syscall.ECONNRESET) {
		return err
	}
	r.closed, r.code = time.Now(), cut
	return nil
}

func (r *received) close(payload []byte) error {
	if len(payload) < 2 {
		return fmt.Errorf("close frame %v has no code", payload)
	}
	r.closed, r.code = time.Now(), int(binary.BigEndian.Uint16(payload))
	return nil
}

// tell takes one of the server's own frames.
func (r *received) tell(head []byte) error {
	if hasPrefix(head, `{"error"`, `{"t":"error"`) {
		return fmt.Errorf("the server says %s", head)
	}
	if id := runID.FindSubmatch(head); id != nil {
		r.run, r.accepted = string(id[1]), time.Now()
	}
	return nil
}

var runID = regexp.MustCompile(`"run":"(run_[a-z2-7]{26})"`)

// note counts a frame of a line. A clock for every line would cost more than the line does.
func (r *received) note(f *frame) {
	r.bytes += f.length
	if r.lines == 0 && r.first.IsZero() {
		r.first = time.Now()
	}
	if f.final {
		r.lines++
	}
	if len(f.head) > len(typeHead) && f.opcode == opText {
		switch f.head[len(typeHead)] {
		case 'r': // result
			r.last = time.Now()
		case 'a': // assistant
			r.answer()
		}
	}
}

const typeHead = `{"type":"`

func (r *received) answer() {
	if r.answered.IsZero() {
		r.answered = time.Now()
	}
}

// isOwn reports whether a frame is the server's, in either dialect. The agent's lines, which are nearly all, are
// known at a glance.
func isOwn(head []byte) bool {
	if len(head) > 3 && head[2] == 't' && head[3] == 'y' { // {"type"
		return false
	}
	return hasPrefix(head, `{"info"`, `{"stderr"`, `{"error"`, `{"t":"info"`, `{"t":"stderr"`, `{"t":"error"`, `{"t":"end"`)
}

func hasPrefix(head []byte, prefixes ...string) bool {
	return slices.ContainsFunc(prefixes, func(p string) bool { return bytes.HasPrefix(head, []byte(p)) })
}

// whole checks that everything came that an agent prints between its init and its result line. How the connection
// ends is not asked: one of the peers never says it.
func (r *received) whole(bytes int64) error {
	want := bytes + int64(len(agentInit)+len(agentEnd))
	if r.bytes == want && !r.last.IsZero() {
		return nil
	}
	lost := 100 * float64(want-r.bytes) / float64(want)
	return shortfall(fmt.Sprintf("lost %.3g %%, closed with %d", lost, r.code))
}
