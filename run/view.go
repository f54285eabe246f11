package run

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"spool/schema"
	"spool/spool"
)

// ErrWait is what [View.Next] returns when there is nothing more now.
var ErrWait = errors.New("run: nothing more now")

// View is a place in a run's output. It costs the run nothing, however slow it is.
type View struct {
	run            *Run
	growth         *spool.Growth
	stdout, stderr *spool.Reader
	told           bool // that part of stderr was left out
}

// Event is one thing to show: a line of stdout, or a frame about stderr.
type Event struct {
	Line  spool.Line
	Frame *schema.StderrFrame // nil for a line
}

// View opens the run's output behind line number after. It must be closed.
func (r *Run) View(after int64) (*View, error) {
	if err := r.files.hold(); err != nil {
		return nil, err
	}
	v := &View{run: r}
	if err := v.open(after); err != nil {
		return nil, errors.Join(fmt.Errorf("open view: %w", err), v.Close())
	}
	return v, nil
}

func (v *View) open(after int64) (err error) {
	files := v.run.files
	if v.growth, err = v.run.registry.watcher.Watch(files.dir); err != nil {
		return err
	}
	if v.stdout, err = spool.OpenAfter(files.stdoutPath(), after, &v.run.index); err != nil {
		return err
	}
	v.stdout.Limit(v.run.registry.config.MaxOutput)
	if v.stderr, err = spool.Open(files.stderrPath()); err != nil {
		return err
	}
	v.stderr.Limit(maxStderr)
	return nil
}

// Grown rings when there may be more.
func (v *View) Grown() <-chan struct{} { return v.growth.C }

// Next returns what comes next; ErrWait when there is nothing now, to be asked again when
// Grown rings or the run is done; and io.EOF at the end of a run that is done. The event is
// valid until the next call.
func (v *View) Next() (Event, error) {
	ended := v.ended() // asked before reading, so that reading reaches the end
	line, err := next(v.stdout, ended)
	if err == nil && ended && v.cut(line) {
		line, err = next(v.stdout, ended)
	}
	if !errors.Is(err, io.EOF) {
		return Event{Line: line}, err
	}
	line, err = next(v.stderr, ended)
	if errors.Is(err, spool.ErrTruncated) { // by "> /dev/stderr"; what is there now is worth showing
		v.stderr.Rewind()
		line, err = next(v.stderr, ended)
	}
	if !errors.Is(err, io.EOF) {
		return v.stderrEvent(line, err)
	}
	if !ended {
		return Event{}, ErrWait
	}
	return v.leftOut()
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
	line, err := r.Next()
	if errors.Is(err, io.EOF) && ended {
		return r.Rest()
	}
	return line, err
}

// cut reports whether only a part of this line, the last one, was within the limit of the
// run's output: half a line is nothing that a client could use.
func (v *View) cut(line spool.Line) bool {
	most := v.run.registry.config.MaxOutput
	return line.Offset+line.Size == most && size(v.run.files.stdout) > most
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
	if line.Offset+line.Size == maxStderr {
		mask = v.run.registry.mask.Cut
	}
	return frameEvent(mask(strings.ToValidUTF8(string(text), "\uFFFD"))), nil
}

// leftOut returns the one frame that says how much of stderr was not shown, then io.EOF.
func (v *View) leftOut() (Event, error) {
	more := size(v.run.files.stderr) - maxStderr
	if v.told || more <= 0 {
		return Event{}, io.EOF
	}
	v.told = true
	return frameEvent(fmt.Sprintf("(%d more bytes of stderr were left out)", more)), nil
}

func frameEvent(text string) Event {
	return Event{Frame: &schema.StderrFrame{Stderr: text}}
}

// Close lets go of the output.
func (v *View) Close() error {
	if v.growth != nil {
		v.growth.Stop()
	}
	var errs []error
	for _, reader := range []*spool.Reader{v.stdout, v.stderr} {
		if reader != nil {
			errs = append(errs, reader.Close())
		}
	}
	return errors.Join(append(errs, v.run.files.release())...)
}
