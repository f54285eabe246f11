package handler

import (
	"strconv"

	"spool/run"
	"spool/schema"
)

// dialect is how a socket's frames are written. A nil frame is not sent.
type dialect interface {
	info(schema.InfoEnvelope) []byte
	stderr(text string) []byte
	failure(*schema.Error) []byte
	end(run.Outcome) []byte
	// line is what stands around a line, whose text is quoted if there is anything.
	line(n int64) (before, after []byte)
}

// raw is the dialect without a subprotocol: the agent's lines as they are, and the server's
// frames between them.
type raw struct{}

func (raw) info(e schema.InfoEnvelope) []byte {
	switch e.Info {
	case schema.InfoQueued:
		return schema.Encode(schema.NewQueuedFrame(e.Position))
	case schema.InfoDeadline:
		return schema.Encode(schema.NewDeadlineFrame(e.InSeconds))
	case schema.InfoRun:
		return schema.Encode(schema.NewRunFrame(e.Run))
	default:
		return []byte(schema.InfoFrame)
	}
}

func (raw) stderr(text string) []byte         { return schema.Encode(schema.StderrFrame{Stderr: text}) }
func (raw) failure(err *schema.Error) []byte  { return schema.Encode(err) }
func (raw) line(int64) (before, after []byte) { return nil, nil }

func (d raw) end(o run.Outcome) []byte {
	if o.Error == nil {
		return nil
	}
	return d.failure(o.Error)
}

// enveloped is the dialect [schema.Subprotocol].
type enveloped struct{}

func (enveloped) info(e schema.InfoEnvelope) []byte { return schema.Encode(e) }

func (enveloped) stderr(text string) []byte {
	return schema.Encode(schema.StderrEnvelope{T: "stderr", Text: text})
}

func (enveloped) failure(err *schema.Error) []byte {
	return schema.Encode(schema.ErrorEnvelope{T: "error", Error: err.Text, Code: err.Code})
}

func (enveloped) end(o run.Outcome) []byte {
	end := schema.EndEnvelope{T: "end", State: o.State, Code: o.Code()}
	if o.Error != nil {
		end.Error = o.Error.Text
	}
	return schema.Encode(end)
}

func (enveloped) line(n int64) (before, after []byte) {
	before = append(make([]byte, 0, 64), `{"t":"line","n":`...)
	before = strconv.AppendInt(before, n, 10)
	return append(before, `,"line":"`...), []byte(`"}`)
}
