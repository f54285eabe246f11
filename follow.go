package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"spool/schema"
)

// follower prints a run to its end, over as many connections as that takes. It goes on
// behind the last line that it has printed.
type follower struct {
	*remote
	run     string
	printer *printer
	backoff backoff
}

// steadyTime is how long a connection lasts that was not lost at once.
const steadyTime = 10 * time.Second

// follow prints the lines of a run, and leaves it as it is.
func (c *runCommand) follow(ctx context.Context, at *remote, s streams) error {
	p := newPrinter(s, c.JSON, c.From)
	defer p.close()
	again := backoff{patience: reconnectTime, told: p.progress.loss(s.errors)}
	return (&follower{remote: at, run: c.Follow, printer: p, backoff: again}).follow(ctx)
}

// follow returns how the run ended, or why it is not followed any more.
func (f *follower) follow(ctx context.Context) error {
	for {
		began := time.Now()
		err := f.attach(ctx)
		if !passes(err) || !f.reached || ctx.Err() != nil {
			return err
		}
		if f.printer.fresh || time.Since(began) > steadyTime {
			f.backoff.reset()
		}
		if err := f.backoff.again(ctx, err); err != nil {
			return f.giveUp(ctx, err)
		}
	}
}

// attach prints what comes on one connection.
func (f *follower) attach(ctx context.Context) error {
	f.printer.fresh = false
	conn, err := f.open(ctx, "/ws/runs/"+f.run, "from="+strconv.FormatInt(f.printer.lines, 10))
	if err != nil {
		return err
	}
	defer conn.end()
	return f.printer.print(conn)
}

// passes reports whether an error is worth another attempt: the way to the server is
// interrupted, or the server cannot serve at the moment.
func passes(err error) bool {
	told, ok := errors.AsType[*schema.Error](err)
	if !ok {
		return isLost(err)
	}
	return told.Code == schema.Draining || told.Code == schema.Overloaded || told.Code == schema.SlowClient
}

func (f *follower) giveUp(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return err
	}
	return &exitError{exitFailed, fmt.Sprintf("%v\nspool: to go on from here: %s", err,
		f.command("--follow", f.run, "--from", strconv.FormatInt(f.printer.lines, 10)))}
}
