package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"spool/schema"
)

// Exit statuses of spool run, besides 0 for success.
const (
	exitFailed   = 1
	exitBadInput = 2
	exitTimeout  = 3
)

// exitOf returns the end of the command for an error: of the input, if that is what the
// server did not like, else a failure.
func exitOf(err error) error {
	told, ok := errors.AsType[*schema.Error](err)
	if !ok {
		return err
	}
	status := exitFailed
	if told.Code.Close() == schema.ClosePolicy || isInputFault(told.Code) {
		status = exitBadInput
	}
	return &exitError{status, fmt.Sprintf("%s (%s)", told.Text, told.Code)}
}

// isInputFault tells codes of plain requests that blame the input.
func isInputFault(code schema.Code) bool {
	return code == schema.BadRequest || code == schema.NotFound || code == schema.TooLarge || code == schema.ReplayGap
}

// endOf returns the end of the command for the end of a run.
func endOf(state schema.State, code schema.Code, text string) error {
	text = fmt.Sprintf("%s (%s)", text, code)
	switch state {
	case schema.Succeeded:
		return nil
	case schema.TimedOut:
		return &exitError{exitTimeout, text}
	default:
		return &exitError{exitFailed, text}
	}
}

// isLost reports whether an error is one of the way to the server, and neither what the
// server said nor a fault here.
func isLost(err error) bool {
	_, told := errors.AsType[*schema.Error](err)
	_, over := errors.AsType[*exitError](err)
	_, ours := errors.AsType[unprintable](err)
	return err != nil && !told && !over && !ours
}

// interruption is the cause of a context that a signal has ended.
type interruption struct{ syscall.Signal }

func (i interruption) Error() string { return "interrupted by signal " + i.String() }

// untilSignal returns a context that the first signal ends. The next one ends the program,
// wherever it hangs.
func untilSignal(signals <-chan os.Signal) (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(context.Background())
	go func() {
		select {
		case by := <-signals:
			signal.Reset()
			number, _ := by.(syscall.Signal)
			cancel(interruption{number})
		case <-ctx.Done():
		}
	}()
	return ctx, func() { cancel(nil) }
}

// signalOf returns the signal that ended a context, 0 if none did.
func signalOf(ctx context.Context) syscall.Signal {
	i, _ := errors.AsType[interruption](context.Cause(ctx))
	return i.Signal
}
