package spool

import (
	"context"
	"errors"
	"io"
	"iter"
)

// Follow yields the lines of r as the file grows, until the file has ended and every line
// was yielded; then also what stands after the last newline. The file has ended when the
// channel ended is closed: nothing may be written after that. grown rings when the file
// may have grown. An error, ctx's cause among them, is yielded once, last.
func Follow(ctx context.Context, r *Reader, grown, ended <-chan struct{}) iter.Seq2[Line, error] {
	return func(yield func(Line, error) bool) {
		for {
			last := isClosed(ended) // asked before reading, so that reading reaches the end
			if err := drain(r, last, yield); last || err != nil {
				return
			}
			select {
			case <-grown:
			case <-ended:
			case <-ctx.Done():
				yield(Line{}, context.Cause(ctx))
				return
			}
		}
	}
}

// errStopped says that the consumer of the sequence wants no more.
var errStopped = errors.New("stopped")

// drain yields every line that is there now, and the rest as well if it is the last call.
func drain(r *Reader, last bool, yield func(Line, error) bool) error {
	if last {
		r.Refresh()
	}
	for {
		line, err := r.Next()
		if errors.Is(err, io.EOF) && last {
			line, err = r.Rest()
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if !yield(line, err) || err != nil {
			return errStopped
		}
	}
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
