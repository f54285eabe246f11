package run

import (
	"errors"
	"io"
	"time"

	"spool/claude"
	"spool/spool"
)

// lookTimes is how often lines are read before the other events get their turn.
const lookTimes = 128

// look reads the lines that have come, checks the limits, and reports whether there is
// more to read at once.
func (w *watch) look() (more bool, err error) {
	w.lines.Refresh()
	for range lookTimes {
		err := w.readSome()
		if errors.Is(err, io.EOF) {
			return false, w.limit()
		}
		if err != nil {
			return false, err
		}
	}
	return true, w.limit()
}

// readSome reads the lines that are in memory, or the next one.
func (w *watch) readSome() error {
	if batch := w.lines.Batch(); batch.Count > 0 {
		return w.readBatch(batch)
	}
	line, err := w.lines.Next()
	if err != nil {
		return err
	}
	return w.read(line)
}

// readBatch takes many lines, of which nearly always none means anything.
func (w *watch) readBatch(batch spool.Batch) error {
	for line := range batch.Lines {
		if !w.turn.Concerns(line.Bytes) {
			continue
		}
		if err := w.read(line); err != nil {
			return err
		}
	}
	w.count, w.at = batch.N+batch.Count-1, batch.Offset+int64(len(batch.Bytes))
	return nil
}

// read takes one line. The first result ends the turn.
func (w *watch) read(line spool.Line) error {
	w.count, w.at = line.N, line.Offset+line.Size+1
	if line.N == 1 {
		w.run.start.FirstLine()
	}
	head, err := line.Head(claude.HeadSize)
	if err == nil && line.Size > claude.HeadSize && w.turn.Concerns(head) {
		head, err = line.Head(claude.ResultSize)
	}
	if err != nil {
		return err
	}
	before := w.turn.Result
	w.turn.Read(head)
	w.readApprovals()
	if before == nil && w.turn.Result != nil {
		w.finishTurn()
	}
	return nil
}

// finishTurn ends the deadlines. The process goes on if its conversation may have more turns
// for it, else it is asked to go.
func (w *watch) finishTurn() {
	w.wall, w.idle, w.left = deadline{}, deadline{}, paused{}
	if w.over = w.mayGoOn(); !w.over {
		w.dismiss()
	}
}

// dismiss asks the CLI to go, by the end of its stdin, and gives it the result grace.
func (w *watch) dismiss() {
	w.over, w.parting = false, true
	closeInput(w.process)
	w.grace = time.After(w.run.registry.config.ResultGrace)
}

// finish reads what the process wrote until its end.
func (w *watch) finish() (err error) {
	if w.living.goesOn {
		return nil // it was read up to where it parts
	}
	for w.lines.Refresh(); err == nil; {
		err = w.readSome()
	}
	if !errors.Is(err, io.EOF) {
		return err
	}
	line, err := w.lines.Rest()
	if err == nil && !w.cutOff(line) {
		err = w.read(line)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	return w.limit()
}
