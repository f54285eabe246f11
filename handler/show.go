package handler

import (
	"errors"
	"math"
	"time"

	"spool/run"
	"spool/schema"
	"spool/spool"
)

// viewer is who looks at a run, through one of the doors.
type viewer interface {
	tellInfo(schema.InfoEnvelope) error
	tellLine(spool.Line) error
	tellBatch(spool.Batch) error
	tellStderr(text string) error
	// heed returns an error when the viewer shall be shown no more.
	heed() error
	// wait returns when one of the channels has something, or there is something to heed.
	wait(changed, grown, done <-chan struct{}) error
}

// showing is a run that is being shown.
type showing struct {
	viewer
	run  *run.Run
	view *run.View

	changed  <-chan struct{} // closed when there is something new about the run
	position int             // in the queue, as told to the viewer
	warned   time.Time       // of which deadline
}

// show tells a viewer everything about a run until its end, which is io.EOF. Other errors
// are the viewer's, or [unreadable].
func show(to viewer, r *run.Run, view *run.View) error {
	s := &showing{viewer: to, run: r, view: view}
	named := schema.NewInfo(schema.InfoRun)
	named.Run = r.ID
	if err := s.tellInfo(named); err != nil {
		return err
	}
	for {
		if err := s.step(); err != nil {
			return err
		}
	}
}

// step tells one thing, or waits for one.
func (s *showing) step() error {
	if err := s.heed(); err != nil {
		return err
	}
	if err := s.tellNews(); err != nil {
		return err
	}
	event, err := s.view.Next()
	switch {
	case errors.Is(err, run.ErrWait):
		return s.wait(s.changed, s.view.Grown(), s.run.Done())
	case err != nil:
		return unreadable{err}
	case event.Frame != nil:
		return s.tellStderr(event.Frame.Stderr)
	case event.Batch.Count > 0:
		return s.tellBatch(event.Batch)
	default:
		return s.tellLine(event.Line)
	}
}

// unreadable is an error of the output, not of the viewer. The end of the output is one.
type unreadable struct{ error }

func (e unreadable) Unwrap() error { return e.error }

// tellNews tells what has changed about the run since the last time.
func (s *showing) tellNews() error {
	select {
	case <-s.changed:
	default:
		if s.changed != nil {
			return nil
		}
	}
	s.changed = s.run.Changed() // asked for before looking
	if err := s.tellPosition(); err != nil {
		return err
	}
	return s.tellWarning()
}

func (s *showing) tellPosition() error {
	position := s.run.Position()
	if position == s.position {
		return nil
	}
	if s.position = position; position == 0 {
		return nil
	}
	queued := schema.NewInfo(schema.InfoQueued)
	queued.Position = position
	return s.tellInfo(queued)
}

func (s *showing) tellWarning() error {
	at := s.run.Warning()
	if at.Equal(s.warned) {
		return nil
	}
	s.warned = at
	left := time.Until(at)
	if left <= 0 {
		return nil
	}
	deadline := schema.NewInfo(schema.InfoDeadline)
	deadline.InSeconds = int(math.Ceil(left.Seconds()))
	return s.tellInfo(deadline)
}
