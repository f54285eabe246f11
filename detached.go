package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"time"

	"spool/schema"
)

// detach starts a run that goes on by itself, and prints its id.
func (c *runCommand) detach(ctx context.Context, at *remote, s streams) error {
	payload, err := c.payload(ctx)
	if err != nil {
		return err
	}
	// The key makes it one run, however often the request has to be sent.
	start := request{method: http.MethodPost, path: "/api/runs", body: payload, key: rand.Text()}
	var none *progress
	run, err := at.insist(ctx, start, none.loss(s.errors))
	if err != nil {
		return err
	}
	return c.printRun(s.out, run, run.ID)
}

// abort ends a run, waits until it has ended, and prints how.
func (c *runCommand) abort(ctx context.Context, at *remote, s streams) error {
	line := newProgress(s.errors)
	defer line.stop()
	line.doing("ending the run")
	told := line.loss(s.errors)
	run, err := at.insist(ctx, request{method: http.MethodPost, path: "/api/runs/" + c.Abort + "/abort"}, told)
	if err == nil {
		run, err = at.awaitEnd(ctx, run, told)
	}
	if err != nil {
		return err
	}
	line.hide()
	if err := c.printRun(s.out, run, string(run.State)); err != nil {
		return err
	}
	if run.Stop != nil && len(run.Stop.Survivors) > 0 {
		return &exitError{exitFailed, fmt.Sprintf("these processes could not be ended: %v", run.Stop.Survivors)}
	}
	return nil
}

// printRun prints one word about a run, or all that is known of it as JSON.
func (c *runCommand) printRun(to io.Writer, run schema.Run, word string) error {
	if c.JSON {
		word = string(schema.Encode(run))
	}
	_, err := fmt.Fprintln(outlet{to}, word)
	return err
}

// How often it is asked whether a run has ended: often at first, most end soon.
const (
	firstPoll = 50 * time.Millisecond
	longPoll  = time.Second
)

// awaitEnd returns what is known of a run once it has ended.
func (r *remote) awaitEnd(ctx context.Context, run schema.Run, told func(error)) (_ schema.Run, err error) {
	for wait := firstPoll; !run.State.Final(); wait = min(2*wait, longPoll) {
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return run, ctx.Err()
		}
		if run, err = r.insist(ctx, request{method: http.MethodGet, path: "/api/runs/" + run.ID}, told); err != nil {
			return run, err
		}
	}
	return run, nil
}
