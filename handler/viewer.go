package handler

import (
	"context"
	"errors"
	"io"

	"spool/run"
	"spool/schema"
)

// watch shows a run until its end, or the socket's, and returns that.
func (s *session) watch(r *run.Run, view *run.View) *ending {
	reason := run.ClientGone // whatever happens here
	defer func() { view.Leave(reason) }()
	defer s.leaveWhenEnded(view)()
	end := s.endOf(show(s, r, view), r)
	if end.reason != nil {
		reason = end.reason
	}
	return end
}

// leaveWhenEnded gives the view up once the socket shall end: the writer learns that only
// when the client takes what is being written to it. The caller must call release.
func (s *session) leaveWhenEnded(view *run.View) (release func() bool) {
	return context.AfterFunc(s.ctx, func() {
		if end := s.ended(); end != nil && end.reason != nil {
			view.GiveUp(end.reason)
		}
	})
}

// endOf returns the end of a socket for the end of what was shown.
func (s *session) endOf(err error, r *run.Run) *ending {
	if end, ok := errors.AsType[*ending](err); ok {
		return end
	}
	if _, ok := errors.AsType[unreadable](err); !ok {
		return s.unwritable(err)
	}
	if errors.Is(err, io.EOF) {
		return over(r.Outcome())
	}
	return s.refuse(err)
}

// refuse returns the end of a socket that cannot be served.
func (s *session) refuse(err error) *ending { return refused(told(err, s.log)) }

// These make a session a viewer.
func (s *session) tellInfo(e schema.InfoEnvelope) error { return s.send(s.dialect.info(e)) }
func (s *session) tellStderr(text string) error         { return s.send(s.dialect.stderr(text)) }

// heed answers a message that came while a run is shown, and returns the end of the socket
// if it shall end.
func (s *session) heed() error {
	select {
	case <-s.messages:
		if err := s.busy(); err != nil {
			return err
		}
	default:
	}
	if end := s.ended(); end != nil {
		return end
	}
	return nil
}

func (s *session) busy() error {
	return s.send(s.dialect.failure(schema.NewError(schema.Busy, "one prompt for each socket: the run goes on")))
}

// wait sends what was gathered, and returns when there may be something to do.
func (s *session) wait(changed, grown, done <-chan struct{}) error {
	if err := s.frames.flush(); err != nil {
		return err
	}
	select {
	case <-changed:
	case <-grown:
	case <-done:
	case <-s.messages:
		return s.busy()
	case <-s.ctx.Done():
	}
	return nil
}

// unwritable returns the end of a socket to which a write has failed.
func (s *session) unwritable(err error) *ending {
	if isTimeout(err) {
		s.log.Warn("the client took nothing for too long", "timeout", s.stall)
		return &ending{reason: run.SlowViewer}
	}
	return gone
}
