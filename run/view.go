package run

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"spool/schema"
	"spool/spool"
)

// ErrWait is what [View.Next] returns when there is nothing more now.
var ErrWait = errors.New("run: nothing more now")

// ErrGone says that a run's output is no longer kept, ErrGap that it ended before the place
// to go on from: whoever asks has lines of something else.
var (
	ErrGone = schema.NewError(schema.OutputGone, "the output of this run is no longer kept")
	ErrGap  = schema.NewError(schema.ReplayGap, "the run has fewer lines than that: start again from 0")
)

// View is a place in a run's output. It costs the run nothing, however slow it is.
type View struct {
	run            *Run
	after          int64
	source         *output       // where it reads
	settled        bool          // that is where the run's output is
	growth         *spool.Growth // nil for a run that had ended
	stdout, stderr *spool.Reader // stderr is nil if there is none to show
	told           bool          // that part of stderr was left out
	givenUp        sync.Once
}

// Event is what is shown next: lines of stdout, or a frame about stderr.
type Event struct {
	Batch spool.Batch         // lines that are in memory; empty for …
	Line  spool.Line          // … one line, which may be of any length; or …
	Frame *schema.StderrFrame // … a frame, else nil
}

// Lines yields the lines of an event, whichever way it has them.
func (e Event) Lines(yield func(spool.Line) bool) {
	switch {
	case e.Frame != nil:
	case e.Batch.Count > 0:
		e.Batch.Lines(yield)
	default:
		yield(e.Line)
	}
}

// View opens the run's output behind line number after. It must be left. The error is
// [ErrGone], [ErrGap], or a fault of the server.
func (r *Run) View(after int64) (*View, error) {
	v := &View{run: r, after: after}
	r.addViewers(1)
	if err := v.open(); err != nil {
		v.Leave(ClientGone)
		return nil, err
	}
	return v, nil
}

// Grown rings when there may be more.
func (v *View) Grown() <-chan struct{} {
	if v.growth == nil {
		return nil
	}
	return v.growth.C
}

// Next returns what comes next; ErrWait when there is nothing now, to be asked again when
// Grown rings or the run is done; and io.EOF at the end of a run that is done. The event is
// valid until the next call.
func (v *View) Next() (Event, error) {
	ended := v.ended() // asked before reading, so that reading reaches the end
	if err := v.move(); err != nil {
		return Event{}, err
	}
	if v.run.conversation != "" {
		defer v.hold()()
	}
	if batch := v.stdout.Batch(); batch.Count > 0 {
		return Event{Batch: batch}, nil
	}
	line, err := next(v.stdout, ended)
	for err == nil && ended && line.N > v.run.lines {
		line, err = next(v.stdout, ended) // the last one, of which only a part was within the limit
	}
	if !errors.Is(err, io.EOF) {
		return Event{Line: line}, err
	}
	if event, err := v.nextStderr(ended); !errors.Is(err, io.EOF) {
		return event, err
	}
	switch {
	case !ended:
		return Event{}, ErrWait
	case v.after > v.run.lines:
		return Event{}, v.gap()
	default:
		return v.leftOut()
	}
}

// nextStderr returns the next line of stderr, io.EOF if there is none now.
func (v *View) nextStderr(ended bool) (Event, error) {
	if v.stderr == nil {
		return Event{}, io.EOF
	}
	line, err := next(v.stderr, ended)
	if errors.Is(err, spool.ErrTruncated) { // by "> /dev/stderr"; what is there now is worth showing
		v.stderr.Rewind()
		line, err = next(v.stderr, ended)
	}
	return v.stderrEvent(line, err)
}

func (v *View) ended() bool {
	select {
	case <-v.run.done:
		return true
	default:
		return false
	}
}

// next returns the next line, and what stands after the last one of a file that has ended.
func next(r *spool.Reader, ended bool) (spool.Line, error) {
	if ended {
		r.Refresh()
	}
	line, err := r.Next()
	if errors.Is(err, io.EOF) && ended {
		return r.Rest()
	}
	return line, err
}

// stderrEvent returns the frame for one line of stderr, which is never longer than what is
// kept of stderr.
func (v *View) stderrEvent(line spool.Line, err error) (Event, error) {
	if err != nil {
		return Event{}, err
	}
	text, err := io.ReadAll(line.Reader())
	if err != nil {
		return Event{}, err
	}
	mask := v.run.registry.mask.Text
	if line.Offset+line.Size == v.source.errBase+maxStderr {
		mask = v.run.registry.mask.Cut
	}
	return frameEvent(mask(strings.ToValidUTF8(string(text), "\uFFFD"))), nil
}

// leftOut returns the one frame that says how much of stderr was not shown, then io.EOF.
func (v *View) leftOut() (Event, error) {
	more := v.run.stored().StderrBytes - maxStderr
	if v.told || more <= 0 {
		return Event{}, io.EOF
	}
	v.told = true
	return frameEvent(fmt.Sprintf("(%d more bytes of stderr were left out)", more)), nil
}

func frameEvent(text string) Event {
	return Event{Frame: &schema.StderrFrame{Stderr: text}}
}

// Leave lets go of the output, and gives the view up.
func (v *View) Leave(reason *Reason) {
	v.GiveUp(reason)
	v.close()
}

// GiveUp says that nobody waits for what the view shows. A run that is not to go on without
// anybody looking at it is ended, for the reason, when its last view is given up. It may be
// called from any goroutine, and again.
func (v *View) GiveUp(reason *Reason) {
	v.givenUp.Do(func() {
		if left := v.run.addViewers(-1); left == 0 && !v.run.stored().Detach {
			v.run.Stop(reason)
		}
	})
}
