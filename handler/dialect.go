package handler

import (
	"io"
	"strconv"

	"spool/run"
	"spool/schema"
	"spool/spool"
)

// dialect is how a socket's frames are written. A nil frame is not sent.
type dialect interface {
	info(schema.InfoEnvelope) []byte
	stderr(text string) []byte
	failure(*schema.Error) []byte
	end(run.Outcome) []byte
	// appendLine appends a line that is in memory, copyLine writes one of any length.
	appendLine(to []byte, line spool.Line) []byte
	copyLine(to io.Writer, line spool.Line) error
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

func (raw) stderr(text string) []byte        { return schema.Encode(schema.StderrFrame{Stderr: text}) }
func (raw) failure(err *schema.Error) []byte { return schema.Encode(err) }

func (raw) appendLine(to []byte, line spool.Line) []byte { return appendValid(to, line.Bytes) }

func (raw) copyLine(to io.Writer, line spool.Line) error { return copyText(to, line, appendValid) }

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

func (enveloped) appendLine(to []byte, line spool.Line) []byte {
	return append(appendQuoted(appendEnvelope(to, line.N), line.Bytes), envelopeEnd...)
}

func (enveloped) copyLine(to io.Writer, line spool.Line) error {
	if _, err := to.Write(appendEnvelope(nil, line.N)); err != nil {
		return err
	}
	if err := copyText(to, line, appendQuoted); err != nil {
		return err
	}
	_, err := io.WriteString(to, envelopeEnd)
	return err
}

// appendEnvelope appends what stands before the text of a line, envelopeEnd stands behind it.
func appendEnvelope(to []byte, n int64) []byte {
	to = append(to, `{"t":"line","n":`...)
	return append(strconv.AppendInt(to, n, 10), `,"line":"`...)
}

const envelopeEnd = `"}`
