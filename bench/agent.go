package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

const (
	lineBytes = 200      // of a printed line, without its newline
	chunk     = 64 << 10 // that an agent writes at once
	agentInit = `{"type":"system","subtype":"init"}`
	agentEnd  = `{"type":"result","subtype":"success","is_error":false,"result":"done"}`
)

// What an agent can be told to print. Each is announced by an init line, and ended by a result line.
const (
	lineByLine = "line-by-line" // N lines of lineBytes, one write for each
	inChunks   = "in-chunks"    // the same, a write for every 64 KiB
	oneLine    = "one-line"     // a line of N bytes
	byTheClock = "by-the-clock" // N lines, 20 a second, with the time in them
	asTold     = "as-told"      // what a mouth says
	withChild  = "with-child"   // its process and a grandchild's, and then nothing for two minutes
)

var performances = map[string]func(out io.Writer, o order) error{
	lineByLine: func(out io.Writer, o order) error { return printLines(out, o.n) },
	inChunks:   func(out io.Writer, o order) error { return printChunks(out, o.n) },
	oneLine:    func(out io.Writer, o order) error { return printLong(out, int64(o.n)) },
	byTheClock: func(out io.Writer, o order) error { return printTimed(out, o.n) },
	asTold:     func(out io.Writer, o order) error { return printTold(out, o.address) },
	withChild:  func(out io.Writer, _ order) error { return startChild(out) },
}

// playAgent is the agent's part: it takes one prompt, such as "1000 in-chunks", from a stream-json user
// line, and prints what that says.
func playAgent(stdin io.Reader, stdout io.Writer) error {
	order, err := readOrder(stdin)
	if err != nil {
		return err
	}
	perform, ok := performances[order.how]
	if !ok {
		return fmt.Errorf("parse prompt: %q is nothing to print", order.how)
	}
	if order.how != withChild { // it has a line of its own
		if _, err := io.WriteString(stdout, agentInit+"\n"); err != nil {
			return err
		}
	}
	if err := perform(stdout, order); err != nil {
		return err
	}
	_, err = io.WriteString(stdout, agentEnd+"\n")
	return err
}

// order is what a prompt says.
type order struct {
	n       int
	how     string
	address string // of a mouth
}

func readOrder(stdin io.Reader) (o order, err error) {
	var line struct {
		Message struct {
			Content json.RawMessage `json:"content"`
		} `json:"message"`
	}
	if err := json.NewDecoder(stdin).Decode(&line); err != nil {
		return o, fmt.Errorf("decode prompt: %w", err)
	}
	return parseOrder(promptText(line.Message.Content))
}

func parseOrder(text string) (o order, err error) {
	if _, err := fmt.Sscanf(text, "%d %s", &o.n, &o.how); err != nil {
		return o, fmt.Errorf("parse prompt %q: %w", text, err)
	}
	_, o.address, _ = strings.Cut(text, asTold+" ")
	return o, nil
}

// promptText takes a content string, or the first block of a list.
func promptText(content json.RawMessage) string {
	var text string
	if json.Unmarshal(content, &text) == nil {
		return text
	}
	var blocks []struct{ Text string }
	if json.Unmarshal(content, &blocks) == nil && len(blocks) > 0 {
		return blocks[0].Text
	}
	return ""
}

// printLines makes one Write for each line.
func printLines(out io.Writer, n int) error {
	line := []byte(sampleLine() + "\n")
	for range n {
		if _, err := out.Write(line); err != nil {
			return err
		}
	}
	return nil
}

// printChunks makes one Write for each chunk, wherever that cuts a line.
func printChunks(out io.Writer, n int) error {
	line := []byte(sampleLine() + "\n")
	endless, total := bytes.Repeat(line, chunk/len(line)+2), n*len(line)
	for at := 0; at < total; at += chunk {
		from := at % len(line)
		if _, err := out.Write(endless[from : from+min(chunk, total-at)]); err != nil {
			return err
		}
	}
	return nil
}

// sampleLine is a stream_event line of exactly lineBytes bytes.
func sampleLine() string {
	const head = `{"type":"stream_event","event":{"type":"content_block_delta","delta":{"type":"text_delta","text":"`
	const tail = `"}}}`
	return head + strings.Repeat("x", lineBytes-len(head)-len(tail)) + tail
}

// printLong prints a line of exactly n bytes.
func printLong(out io.Writer, n int64) error {
	const head, tail = `{"type":"stream_event","text":"`, "\"}\n"
	if _, err := io.WriteString(out, head); err != nil {
		return err
	}
	filling := bytes.Repeat([]byte("x"), chunk)
	for left := n - int64(len(head)+len(tail)-1); left > 0; left -= chunk {
		if _, err := out.Write(filling[:min(chunk, left)]); err != nil {
			return err
		}
	}
	_, err := io.WriteString(out, tail)
	return err
}
