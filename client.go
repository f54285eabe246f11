package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/go-json-experiment/json"

	"spool/schema"
)

// runCommand is the script client. Flags that say what this one call is to do are read from
// the command line only: SPOOL_MODEL is the server's.
type runCommand struct {
	Prompt string `arg:"" optional:"" help:"The prompt; - reads it from stdin."`

	Meta           string `default:"SPOOL-RUN" help:"Names the work, for example a task id: A-Z 0-9 _ -."`
	Partial        bool   `help:"Also print the answer token by token, as it comes."`
	Model          string `env:"-" help:"The model, if the server allows that one." placeholder:"NAME"`
	Resume         string `env:"-" help:"Continue the session of an earlier run." placeholder:"RUN"`
	TimeoutSeconds int    `env:"-" help:"End the run after so many seconds. More than the server's --run-timeout is refused." placeholder:"N"`

	Detach bool   `env:"-" help:"Start the run, print its id and leave: the run goes on."`
	Follow string `env:"-" help:"Print the lines of a run, from its first to its last. A lost connection is made again, and nothing is lost." placeholder:"RUN"`
	From   int64  `env:"-" help:"With --follow: only the lines behind line N." placeholder:"N"`
	Abort  string `env:"-" help:"End a run, wait until it has ended, and print its state." placeholder:"RUN"`

	JSON bool   `env:"-" name:"json" help:"Print the envelopes of the protocol, one a line, instead of the lines; with --detach and --abort the run as a JSON object. A refusal is an envelope too."`
	URL  string `default:"http://127.0.0.1:3000" help:"The server."`
}

// Help is shown by spool run --help.
func (*runCommand) Help() string {
	return "Prints every line of claude's output to stdout, and its stderr to stderr. When this command ends, so does the run, " +
		"unless it was started with --detach.\n\n" +
		"  spool run \"Say hello\" --meta TASK-123\n" +
		"  run=$(spool run --detach \"Fix the tests\") && spool run --follow $run\n\n" +
		"Exits 0 on success, 1 when the run failed, 2 when the input was refused, 3 when the run timed out, and 128 + n when " +
		"signal n ended this command. --detach exits 0 when the run has been accepted, --abort when it is over."
}

// Run does what the flags ask for.
func (c *runCommand) Run(s streams) error {
	ctx, stop := untilSignal(s.signals)
	defer stop()
	at, err := newRemote(c.URL)
	if err == nil {
		err = c.perform(ctx, at, s)
	}
	if signal := signalOf(ctx); signal != 0 && isLost(err) {
		return &exitError{128 + int(signal), c.interrupted(at)}
	}
	c.printRefusal(s.out, err)
	return exitOf(err)
}

// printRefusal prints, as an envelope, what the server said instead of what was asked for.
func (c *runCommand) printRefusal(to io.Writer, err error) {
	if told, ok := errors.AsType[*schema.Error](err); ok && c.JSON {
		fmt.Fprintf(to, "%s\n", schema.Encode(schema.ErrorEnvelope{T: "error", Error: told.Text, Code: told.Code}))
	}
}

func (c *runCommand) perform(ctx context.Context, at *remote, s streams) error {
	switch {
	case c.Follow != "":
		return c.follow(ctx, at, s)
	case c.Abort != "":
		return c.abort(ctx, at, s)
	case c.Detach:
		return c.detach(ctx, at, s)
	default:
		return c.attend(ctx, at, s)
	}
}

// attend starts a run and prints what comes of it. The server ends the run when the
// connection ends.
func (c *runCommand) attend(ctx context.Context, at *remote, s streams) error {
	payload, err := c.payload(ctx)
	if err != nil {
		return err
	}
	p := newPrinter(s, c.JSON, 0)
	defer p.close()
	conn, err := at.open(ctx, "/ws/claude", "")
	if err != nil {
		return err
	}
	defer conn.end()
	conn.send(payload)
	err = p.print(conn)
	if !isLost(err) || ctx.Err() != nil {
		return err
	}
	return &exitError{exitFailed, fmt.Sprintf("the connection was lost (%v): the server ends the run", err)}
}

// payload returns what asks the server for the run.
func (c *runCommand) payload(ctx context.Context) ([]byte, error) {
	prompt := c.Prompt
	if prompt == "-" {
		var err error
		if prompt, err = readPrompt(ctx, os.Stdin); err != nil {
			return nil, err
		}
	}
	payload, err := json.Marshal(struct {
		Prompt string `json:"prompt"`
		Meta   string `json:"meta"`
		schema.Options
	}{prompt, c.Meta, schema.Options{Partial: c.Partial, TimeoutSeconds: c.TimeoutSeconds, Model: c.Model, Resume: c.Resume}})
	if err != nil {
		return nil, &exitError{exitBadInput, "the prompt is not UTF-8"}
	}
	return payload, nil
}

// readPrompt reads a prompt, or enough of it to be refused. A terminal may never come to an
// end, so that a signal ends the reading too.
func readPrompt(ctx context.Context, from io.Reader) (string, error) {
	type result struct {
		text []byte
		err  error
	}
	read := make(chan result, 1)
	go func() {
		text, err := io.ReadAll(io.LimitReader(from, schema.MaxPromptBytes+1))
		read <- result{text, err}
	}()
	select {
	case r := <-read:
		if r.err != nil {
			return "", &exitError{exitFailed, fmt.Sprintf("read prompt: %v", r.err)}
		}
		return string(r.text), nil
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// interrupted is what is said when a signal ends the command.
func (c *runCommand) interrupted(at *remote) string {
	switch {
	case c.Follow != "":
		return "no longer following; a detached run goes on. To end it: " + at.command("--abort", c.Follow)
	case c.Abort != "":
		return "no longer waiting; the server may still be ending the run"
	case c.Detach:
		return "interrupted before the server answered: it may have started the run"
	default:
		return "interrupted: the server ends the run"
	}
}
