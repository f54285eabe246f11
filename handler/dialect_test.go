package handler

import (
	"testing"

	"github.com/stretchr/testify/require"

	"spool/run"
	"spool/schema"
	"spool/spool"
)

// Every frame in both dialects, byte for byte.
func TestDialects(t *testing.T) {
	t.Parallel()
	info := func(kind string, change func(*schema.InfoEnvelope)) schema.InfoEnvelope {
		e := schema.NewInfo(kind)
		change(&e)
		return e
	}
	fault := schema.NewError(schema.Busy, `one "prompt" only`)
	failed := run.Outcome{State: schema.Failed, Error: schema.NewError(schema.APIError, "no")}
	for name, test := range map[string]struct {
		frame          func(dialect) []byte
		raw, enveloped string
	}{
		"the greeting": {
			func(d dialect) []byte { return d.info(schema.NewInfo(schema.InfoSend)) },
			`{"info":"send {prompt,meta}"}`, `{"t":"info","info":"send {prompt,meta}"}`,
		},
		"the run": {
			func(d dialect) []byte {
				return d.info(info(schema.InfoRun, func(e *schema.InfoEnvelope) { e.Run = "run_x" }))
			},
			`{"info":"run","run":"run_x"}`, `{"t":"info","info":"run","run":"run_x"}`,
		},
		"the place in the queue": {
			func(d dialect) []byte {
				return d.info(info(schema.InfoQueued, func(e *schema.InfoEnvelope) { e.Position = 2 }))
			},
			`{"info":"queued","position":2}`, `{"t":"info","info":"queued","position":2}`,
		},
		"a deadline": {
			func(d dialect) []byte {
				return d.info(info(schema.InfoDeadline, func(e *schema.InfoEnvelope) { e.InSeconds = 30 }))
			},
			`{"info":"deadline","inSeconds":30}`, `{"t":"info","info":"deadline","inSeconds":30}`,
		},
		"stderr": {
			func(d dialect) []byte { return d.stderr("a\r\x00\"\xff</script>") },
			`{"stderr":"a\r\u0000\"` + "\uFFFD" + `</script>"}`, `{"t":"stderr","text":"a\r\u0000\"` + "\uFFFD" + `</script>"}`,
		},
		"a failure": {
			func(d dialect) []byte { return d.failure(fault) },
			`{"error":"one \"prompt\" only","code":"BUSY"}`, `{"t":"error","error":"one \"prompt\" only","code":"BUSY"}`,
		},
		"a good end": {
			func(d dialect) []byte { return d.end(run.Outcome{State: schema.Succeeded}) },
			``, `{"t":"end","state":"succeeded"}`,
		},
		"another end": {
			func(d dialect) []byte { return d.end(failed) },
			`{"error":"no","code":"API_ERROR"}`, `{"t":"end","state":"failed","code":"API_ERROR","error":"no"}`,
		},
		"a line": {
			func(d dialect) []byte { return d.appendLine(nil, spool.Line{N: 17, Bytes: []byte("\"\xff")}) },
			"\"\uFFFD", `{"t":"line","n":17,"line":"\"` + "\uFFFD" + `"}`,
		},
	} {
		require.Equal(t, test.raw, string(test.frame(raw{})), name)
		require.Equal(t, test.enveloped, string(test.frame(enveloped{})), name)
	}
	require.Nil(t, raw{}.end(run.Outcome{}), "a close code of 1000 says it all")
}
