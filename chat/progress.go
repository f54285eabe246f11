package chat

import (
	"bytes"
	"errors"
	"io"

	"spool/schema"
	"spool/spool"
)

// progress is how far the journal has come with a run.
type progress struct {
	from     int64 // the seq behind which its frames begin
	began    bool  // it has the user's message
	line     int64 // the last line of the output that frames are of …
	count    int   // … and how many of that line
	complete bool
	asked    map[string]bool // ids of approvals that are open
}

// newProgress is that of a run of which the journal has nothing: its frames will begin behind a seq.
func newProgress(from int64) progress { return progress{from: from, asked: map[string]bool{}} }

// missing returns the frames of a line that the journal does not have: a server may have been
// killed between two of them.
func (p *progress) missing(n int64, frames []schema.ChatFrame) []schema.ChatFrame {
	switch {
	case n < p.line:
		return nil
	case n == p.line:
		return frames[min(p.count, len(frames)):]
	default:
		return frames
	}
}

// scan reads how far a journal has come with a run.
func (j *journal) scan(runID string) (progress, error) {
	p := newProgress(j.lastSeq())
	r, err := spool.Open(j.path)
	if err != nil {
		return p, err
	}
	defer r.Close()
	for {
		line, err := r.Next()
		if errors.Is(err, io.EOF) {
			return p, nil
		}
		if err == nil {
			err = p.note(line, runID)
		}
		if err != nil {
			return p, err
		}
	}
}

// note takes in a line of the journal.
func (p *progress) note(line spool.Line, runID string) error {
	text, err := io.ReadAll(line.Reader())
	if err != nil {
		return err
	}
	if !bytes.Contains(text, []byte(runID)) {
		return nil
	}
	f, err := readEntry(text)
	if err != nil || f.RunID != runID {
		return err
	}
	if !p.began {
		p.began, p.from = true, line.N-1
	}
	switch f.Kind {
	case schema.KindPermissionRequest:
		p.asked[f.RequestID] = true
	case schema.KindPermissionCancelled:
		delete(p.asked, f.RequestID)
	case schema.KindComplete:
		p.complete = true
	}
	if f.Line > p.line {
		p.line, p.count = f.Line, 0
	}
	if f.Line > 0 && f.Line == p.line {
		p.count++
	}
	return nil
}
