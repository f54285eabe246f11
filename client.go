package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"

	"github.com/fasthttp/websocket"
	"github.com/go-json-experiment/json"

	"spool/schema"
)

// Exit statuses of spool run, besides 0 for success.
const (
	exitFailed   = 1
	exitBadInput = 2
	exitTimeout  = 3
)

// runCommand is the script client.
type runCommand struct {
	Prompt  string `arg:"" help:"The prompt; - reads it from stdin."`
	Meta    string `default:"SPOOL-RUN" help:"Names the work, for example a task id: A-Z 0-9 _ -."`
	URL     string `default:"http://127.0.0.1:3000" help:"The server."`
	Partial bool   `help:"Also print the answer token by token, as it comes."`
}

// Help is shown by spool run --help.
func (runCommand) Help() string {
	return "Prints every line of claude's output to stdout, and its stderr to stderr. " +
		"Exits 0 on success, 1 when the run failed, 2 when the server refused the input, 3 when the run timed out."
}

// Run sends the prompt and prints what comes back.
func (c *runCommand) Run(s streams) error {
	if c.Prompt == "-" {
		prompt, err := io.ReadAll(io.LimitReader(os.Stdin, schema.MaxPromptBytes+1))
		if err != nil {
			return fmt.Errorf("read prompt: %w", err)
		}
		c.Prompt = string(prompt)
	}
	conn, err := c.dial()
	if err != nil {
		return &exitError{exitFailed, err.Error()}
	}
	defer conn.Close()
	go func() { // a signal ends the connection, and with it the run
		if <-s.signals != nil {
			_ = conn.Close()
		}
	}()
	payload, err := json.Marshal(map[string]any{"prompt": c.Prompt, "meta": c.Meta, "partial": c.Partial})
	if err != nil {
		return &exitError{exitBadInput, "the prompt is not UTF-8"}
	}
	if err := conn.WriteMessage(websocket.TextMessage, payload); err != nil {
		return fmt.Errorf("send prompt: %w", err)
	}
	return c.print(conn, s)
}

// dial connects to /ws/claude of the server.
func (c *runCommand) dial() (*websocket.Conn, error) {
	address := strings.TrimSuffix(strings.Replace(c.URL, "http", "ws", 1), "/")
	if !strings.HasSuffix(address, "/ws/claude") {
		address += "/ws/claude"
	}
	conn, answer, err := websocket.DefaultDialer.Dial(address, nil)
	if err == nil {
		return conn, nil
	}
	if answer == nil {
		return nil, fmt.Errorf("no server at %s (%w): start one with spool, or name it with --url", c.URL, err)
	}
	defer answer.Body.Close()
	return nil, refusal(answer)
}

// refusal returns what a server said instead of upgrading.
func refusal(answer *http.Response) error {
	text, _ := io.ReadAll(io.LimitReader(answer.Body, schema.MaxMessageBytes))
	var told schema.Error
	if json.Unmarshal(text, &told) == nil && told.Code != "" {
		return fmt.Errorf("the server refused: %s (%s)", told.Text, told.Code)
	}
	return fmt.Errorf("the server answered %s", answer.Status)
}

// print prints every line until the server closes, and returns what the end says.
func (c *runCommand) print(conn *websocket.Conn, s streams) error {
	p := printer{out: bufio.NewWriterSize(s.out, 64<<10), errs: s.errors}
	defer p.out.Flush()
	for {
		_, message, err := conn.NextReader()
		if err != nil {
			return ended(err, p.failure(err))
		}
		if err := p.show(bufio.NewReader(message)); err != nil {
			return fmt.Errorf("read answer: %w", err)
		}
		if err := p.out.Flush(); err != nil {
			return fmt.Errorf("print: %w", err)
		}
	}
}

// ended returns the command's end for the end of the connection.
func ended(err error, failure schema.Error) error {
	closed, ok := errors.AsType[*websocket.CloseError](err)
	text := fmt.Sprintf("%s (%s)", failure.Text, failure.Code)
	switch {
	case ok && closed.Code == websocket.CloseNormalClosure:
		return nil
	case ok && (closed.Code == websocket.CloseMessageTooBig || closed.Code == websocket.CloseInvalidFramePayloadData):
		return &exitError{exitBadInput, "the server refused the message: it is too big, or not UTF-8"}
	case failure.Code == "":
		return &exitError{exitFailed, "the connection was lost: " + err.Error()}
	case failure.Code.Close() == schema.ClosePolicy:
		return &exitError{exitBadInput, text}
	case failure.Code == schema.TimeoutWall || failure.Code == schema.TimeoutIdle:
		return &exitError{exitTimeout, text}
	default:
		return &exitError{exitFailed, text}
	}
}
