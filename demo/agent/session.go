package agent

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/google/uuid"
)

var (
	errInterrupted = errors.New("interrupted by the user")
	errCrash       = errors.New("crashed as the script says")
	errAlone       = errors.New("stdin has ended, and this turn would never end")
)

// session is one life of the process: any number of turns, one after the
// other. It belongs to the goroutine that calls serve.
type session struct {
	opts   options
	model  string       // as its lines name it
	inputs <-chan input // nil once stdin has ended
	stdout io.Writer
	stderr io.Writer

	transcript *transcript
	used       map[string]modelUsage // by all turns
	rules      []rule                // calls that are not asked for again
	pending    []*call               // calls of this turn that were asked for

	waiting    []string // prompts that arrived while a turn ran
	lastFailed bool     // the last result said is_error
	forgetful  bool     // it was said that nothing is kept
}

func newSession(opts options, inputs <-chan input, stdout, stderr io.Writer) *session {
	return &session{
		opts: opts, model: modelName(opts.model), inputs: inputs, stdout: stdout, stderr: stderr, used: map[string]modelUsage{},
	}
}

// modelName says of every model that it is none.
func modelName(name string) string {
	if name == "" || name == "default" {
		return model
	}
	return name + ": " + model
}

// serve plays the turns in the order of their prompts and returns nil when
// stdin has ended and all of them were played.
func (s *session) serve() (err error) {
	if s.transcript, err = newTranscript(s.opts); err != nil {
		return errors.Join((&turn{session: s, started: time.Now()}).refused(err), err)
	}
	for {
		switch {
		case len(s.waiting) > 0:
			prompt := s.waiting[0]
			s.waiting = s.waiting[1:]
			if err := s.play(prompt); err != nil {
				return err
			}
		case s.inputs == nil:
			return nil
		default:
			if err := s.idle(); err != nil {
				return err
			}
		}
	}
}

// idle waits for one input between turns, when there is nothing to interrupt.
func (s *session) idle() error {
	if err := s.receive(); !errors.Is(err, errInterrupted) {
		return err
	}
	return nil
}

// receive waits for one input and takes it.
func (s *session) receive() error {
	in, open := <-s.inputs
	return s.take(in, open)
}

// pause waits for d and takes what arrives on stdin meanwhile. It returns
// errInterrupted as soon as an interrupt was asked for (and answered).
func (s *session) pause(d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	for {
		select {
		case <-timer.C:
			return nil
		case in, open := <-s.inputs:
			if err := s.take(in, open); err != nil {
				return err
			}
		}
	}
}

// take acts on one input, or notes the end of stdin when open is false.
func (s *session) take(in input, open bool) error {
	if !open {
		s.inputs = nil
		return nil
	}
	if in.err != nil {
		return in.err
	}
	switch in.Type {
	case "user":
		s.waiting = append(s.waiting, in.Message.prompt())
		return nil
	case "control_request":
		return s.control(in)
	case "control_response":
		return s.decide(in.Response)
	}
	return nil // a type of a later CLI: not ours to refuse
}

// printMessage prints a message and keeps it in the transcript.
func (s *session) printMessage(line messageLine) error {
	line.SessionID, line.UUID = s.transcript.id, uuid.NewString()
	if err := s.print(line); err != nil {
		return err
	}
	s.keep(line.Type, line.UUID, line.Message)
	return nil
}

// keep adds a message to the transcript. A session that cannot be kept goes on,
// as the CLI's does, and says so once.
func (s *session) keep(kind, id string, message any) {
	if err := s.transcript.add(kind, id, message); err != nil && !s.forgetful {
		s.forgetful = true
		_, _ = fmt.Fprintf(s.stderr, "[%s] warning: this session cannot be continued later: %v\n", Name, err)
	}
}
