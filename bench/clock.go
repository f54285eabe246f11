package main

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"
)

const (
	beat     = 50 * time.Millisecond // between two lines by the clock
	timeHead = `{"type":"stream_event","at":`
	timeSize = 19 // digits of the nanoseconds since 1970, for some centuries to come
)

// printTimed prints lines that say when they were written. It begins somewhere within a beat, so that
// many agents do not all write at the same moment.
func printTimed(out io.Writer, n int) error {
	time.Sleep(rand.N(beat))
	tick := time.NewTicker(beat)
	defer tick.Stop()
	for range n {
		<-tick.C
		if _, err := io.WriteString(out, timedLine(time.Now())+"\n"); err != nil {
			return err
		}
	}
	return nil
}

// timedLine has lineBytes bytes.
func timedLine(at time.Time) string {
	line := fmt.Sprintf(timeHead+`%0*d,"text":"`, timeSize, at.UnixNano())
	const tail = `"}`
	return line + strings.Repeat("x", lineBytes-len(line)-len(tail)) + tail
}

// writtenAt is the time in a line.
func writtenAt(head []byte) (at time.Time, ok bool) {
	rest, ok := bytes.CutPrefix(head, []byte(timeHead))
	if !ok || len(rest) < timeSize {
		return at, false
	}
	ns, err := strconv.ParseInt(string(rest[:timeSize]), 10, 64)
	return time.Unix(0, ns), err == nil
}
