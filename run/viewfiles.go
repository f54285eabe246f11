package run

import (
	"errors"
	"fmt"
	"os"

	"spool/schema"
	"spool/spool"
	"spool/store"
)

func (v *View) open() (err error) {
	ended := v.ended()
	record := v.run.stored()
	if record.OutputGone {
		return ErrGone
	}
	if ended && v.after > v.run.lines {
		return v.gap()
	}
	if err = v.openFiles(ended, record); errors.Is(err, os.ErrNotExist) {
		return ErrGone // since the record was read
	}
	if err == nil && !ended && v.ended() && v.source != &v.run.output {
		v.close() // the process that wrote it may have ended too, and its files be another run's alone
		return v.open()
	}
	return err
}

// move goes to where the output is, if that is not where it was thought to be when the view was
// opened: the run has its process now, and that has served others. Nothing was shown yet.
func (v *View) move() error {
	if v.settled || v.source == v.run.source.Load() {
		return nil
	}
	v.close()
	return v.open()
}

func (v *View) openFiles(ended bool, record store.Run) (err error) {
	v.source = &v.run.output
	if !ended {
		v.source = v.run.source.Load()
	}
	v.settled = ended || v.source != &v.run.output
	if !ended {
		if v.growth, err = v.run.registry.watcher.Watch(v.source.dir); err != nil {
			return fmt.Errorf("watch output: %w", err)
		}
	}
	sealed := ended && record.Sealed
	if v.stdout, err = v.source.reader(v.source.stdout(), v.after, sealed); err != nil {
		return err
	}
	if !ended || record.StderrBytes > 0 {
		v.stderr, err = v.source.reader(v.source.stderr(), 0, sealed)
	}
	if err == nil && !sealed { // a sealed file ends where it did for the server that sealed it
		v.limit()
		if ended && v.run.conversation != "" { // its process may have written more behind it
			v.stdout.Limit(min(record.OutputBytes, v.run.registry.config.MaxOutput))
		}
	}
	return err
}

// gap is ErrGap with what there is instead.
func (v *View) gap() error {
	return schema.NewError(ErrGap.Code, fmt.Sprintf("the run has lines 1 to %d: nothing stands behind line %d", v.run.lines, v.after))
}

// limit takes what is beyond the limits for nothing that was written.
func (v *View) limit() {
	v.stdout.Limit(v.source.base + v.run.registry.config.MaxOutput)
	if v.stderr != nil {
		v.stderr.Limit(v.source.errBase + maxStderr)
	}
}

// hold keeps the run's output from being closed until the returned function is called, and
// takes what is beyond the end of a closed one for nothing that was written.
func (v *View) hold() (release func()) {
	o := v.source
	o.mu.RLock()
	if o.closed {
		v.stdout.Limit(o.end)
		if v.stderr != nil {
			v.stderr.Limit(min(o.errBase+maxStderr, o.errEnd))
		}
	}
	return o.mu.RUnlock
}

func (v *View) close() {
	if v.growth != nil {
		v.growth.Stop()
	}
	for _, reader := range []*spool.Reader{v.stdout, v.stderr} {
		if reader != nil {
			_ = reader.Close()
		}
	}
	v.growth, v.stdout, v.stderr = nil, nil, nil
}
