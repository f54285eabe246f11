package run

import (
	"errors"
	"fmt"

	"spool/schema"
	"spool/spool"
)

// limit throws away what is too much of stderr, and stops a run that writes too much.
func (w *watch) limit() error {
	most, written := w.run.registry.config.MaxOutput, max(size(w.files.out)-w.files.base, 0)
	done, err := w.files.discard(w.discarded)
	if errors.Is(err, errors.ErrUnsupported) {
		written, err = written+w.files.errWritten(), nil // its space cannot be had back
	}
	w.discarded = done
	if w.turn.Result == nil && !w.exited() && w.run.registry.disk.full() {
		w.beyond = true
		w.run.Stop(diskFull)
	}
	if written > most {
		w.beyond = true
		w.run.Stop(beyond(schema.OutputLimit, fmt.Sprintf("more than %d bytes of output", most)))
	}
	return err
}

// cutOff reports whether only a part of this line, the last one, was within the limit of the
// run's output: half a line is nothing that a client could use.
func (w *watch) cutOff(line spool.Line) bool {
	most := w.run.registry.config.MaxOutput
	return line.Offset+line.Size == w.files.base+most && size(w.files.out) > w.files.base+most
}

func timedOut(code schema.Code, text string) *Reason {
	return &Reason{State: schema.TimedOut, Code: code, Text: text + ": it was stopped"}
}

func beyond(code schema.Code, text string) *Reason {
	return &Reason{State: schema.Failed, Code: code, Text: text + ": the run was stopped", Limit: true}
}
