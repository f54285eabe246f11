package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

const (
	lineBytes  = 200 // of a printed line, without its newline
	agentBuf   = 64 << 10
	agentInit  = `{"type":"system","subtype":"init"}`
	agentEnd   = `{"type":"result","subtype":"success","is_error":false,"result":"done"}`
	lineByLine = "line-by-line"
	inChunks   = "in-chunks"
	asTold     = "as-told"
)

// playAgent is the agent's part: it takes one prompt, "N in-chunks" or
// "N line-by-line", from a stream-json user line and prints N lines of
// lineBytes bytes between an init and a result line. With "N as-told ADDRESS"
// it prints what a [mouth] says instead.
func playAgent(flag string, stdin io.Reader, stdout io.Writer) error {
	if flag == "--version" {
		_, err := fmt.Fprintln(stdout, "0.0.0 (bench agent)")
		return err
	}
	order, err := readOrder(stdin)
	if err != nil {
		return err
	}
	switch order.how {
	case lineByLine:
		return printLines(stdout, order.n)
	case asTold:
		return printTold(stdout, order.address)
	}
	out := bufio.NewWriterSize(stdout, agentBuf)
	if err := printLines(out, order.n); err != nil {
		return err
	}
	return out.Flush()
}

// order is what a prompt says.
type order struct {
	n       int
	how     string
	address string
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
	text := promptText(line.Message.Content)
	if _, err := fmt.Sscanf(text, "%d %s", &o.n, &o.how); err != nil {
		return o, fmt.Errorf("parse prompt: %w", err)
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
	if _, err := io.WriteString(out, agentInit+"\n"); err != nil {
		return err
	}
	line := []byte(sampleLine() + "\n")
	for range n {
		if _, err := out.Write(line); err != nil {
			return err
		}
	}
	_, err := io.WriteString(out, agentEnd+"\n")
	return err
}

// sampleLine is a stream_event line of exactly lineBytes bytes.
func sampleLine() string {
	const head = `{"type":"stream_event","event":{"type":"content_block_delta","delta":{"type":"text_delta","text":"`
	const tail = `"}}}`
	return head + strings.Repeat("x", lineBytes-len(head)-len(tail)) + tail
}
