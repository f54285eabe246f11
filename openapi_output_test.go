package main

import (
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/require"

	"spool/schema"
)

// As clients ask for a format of a run's output.
const (
	asEvents    = "Accept: text/event-stream"
	asEnvelopes = "Accept: application/x-ndjson"
	asText      = "Accept: text/plain"
)

// askForOutput reads one run in every format, from every place.
func (c *contract) askForOutput(s *server) {
	wild := script(`printf 'one\ntwo\rtwo\n\nfour\n'; echo warning >&2; exit 3`)
	for _, format := range []string{asEvents, asEnvelopes, asText} {
		c.read(c.ask(s, http.MethodPost, "/api/runs", payload(wild), format))
	}
	r := c.ask(s, http.MethodPost, "/api/runs?wait=true", payload(wild)).run(c.t)
	lines := "/api/runs/" + r.ID + "/lines"
	require.Equal(c.t, 4, c.read(c.ask(s, http.MethodGet, lines, "")))
	require.Equal(c.t, 2, c.read(c.ask(s, http.MethodGet, lines+"?from=2", "", asEnvelopes)))
	require.Equal(c.t, 1, c.read(c.ask(s, http.MethodGet, lines+"?from=2", "", asEvents, "Last-Event-ID: 3")))
	require.Equal(c.t, "one\ntwo\rtwo\n\nfour\n", c.ask(s, http.MethodGet, lines, "", asText).answer)
	require.Equal(c.t, http.StatusNoContent, c.ask(s, http.MethodGet, lines, "", "Last-Event-ID: end").status)
	require.Equal(c.t, http.StatusRequestedRangeNotSatisfiable, c.ask(s, http.MethodGet, lines+"?from=5", "").status)
	require.Equal(c.t, http.StatusBadRequest, c.ask(s, http.MethodGet, lines, "", "Accept: image/png").status)
	require.Equal(c.t, http.StatusNotFound, c.ask(s, http.MethodGet, "/api/runs/"+nobody+"/lines", "").status)
}

// askWhileBusy asks while the only place is taken, and the queue too.
func (c *contract) askWhileBusy(s *server) {
	first := c.ask(s, http.MethodPost, "/api/runs", payload(script("echo one; sleep 600"))).run(c.t)
	second := c.ask(s, http.MethodPost, "/api/runs", wants(script("sleep 600"), `,"timeoutSeconds":1`)).run(c.t)
	require.Equal(c.t, 1, second.Position)
	full := c.ask(s, http.MethodPost, "/api/runs", payload("hi"))
	require.Equal(c.t, http.StatusServiceUnavailable, full.status)
	require.Contains(c.t, full.answer, string(schema.Overloaded))

	shown := make(chan exchange)
	for id, from := range map[string]string{first.ID: "99", second.ID: "0"} {
		go func() {
			x, _ := s.exchange(http.MethodGet, "/api/runs/"+id+"/lines?from="+from, "", asEnvelopes)
			shown <- x
		}()
	}
	require.Eventually(c.t, func() bool { return s.health(c.t).Sockets.Open == 2 }, patience, patience/1000)
	require.Equal(c.t, http.StatusAccepted, c.ask(s, http.MethodPost, "/api/runs/"+first.ID+"/abort", "").status)
	for range 2 {
		x := <-shown
		c.check(x)
		c.read(x)
	}
	require.Equal(c.t, schema.Aborted, c.ask(s, http.MethodGet, "/api/runs/"+first.ID, "").run(c.t).State)
	require.Equal(c.t, schema.TimedOut, c.ask(s, http.MethodGet, "/api/runs/"+second.ID, "").run(c.t).State)
}

// askForDamage reads what is not what was written: a line of it, then its checksums.
func (c *contract) askForDamage(s *server) {
	r := c.ask(s, http.MethodPost, "/api/runs?wait=true", payload("hi"), "Idempotency-Key: damaged").run(c.t)
	lines, stdout := "/api/runs/"+r.ID+"/lines", filepath.Join(s.dir, "proc", r.ID, "stdout")
	require.NoError(c.t, os.WriteFile(stdout, []byte("oh\n"), 0o600))
	for _, format := range []string{asEvents, asEnvelopes} {
		x := c.ask(s, http.MethodGet, lines, "", format)
		require.Zero(c.t, c.read(x))
		require.Contains(c.t, x.answer, string(schema.OutputDamaged))
	}
	require.NoError(c.t, os.Remove(stdout+".sum"))
	for _, x := range []exchange{
		c.ask(s, http.MethodGet, lines, ""), c.ask(s, http.MethodPost, "/api/runs", payload("hi"), "Idempotency-Key: damaged", asText),
	} {
		require.Equal(c.t, http.StatusInternalServerError, x.status)
		require.Contains(c.t, x.answer, string(schema.OutputDamaged))
	}
}

// read checks an answer that streams, and returns how many lines of the agent are in it.
func (c *contract) read(x exchange) (lines int) {
	c.t.Helper()
	require.Equal(c.t, http.StatusOK, x.status, x.answer)
	switch x.answered.Get("Content-Type") {
	case "text/event-stream":
		return c.readEvents(x.answer)
	case "application/x-ndjson":
		for line := range strings.Lines(x.answer) {
			if line != "\n" && c.envelope(line) == "line" {
				lines++
			}
		}
		return lines
	default:
		return strings.Count(x.answer, "\n")
	}
}

// readEvents checks server-sent events, and returns how many are lines of the agent.
func (c *contract) readEvents(text string) (lines int) {
	rest, found := strings.CutPrefix(text, "retry: 1000\n\n")
	require.True(c.t, found, text)
	for block := range strings.SplitSeq(strings.TrimSuffix(rest, "\n\n"), "\n\n") {
		fields := map[string]string{}
		for field := range strings.SplitSeq(block, "\n") {
			name, value, ok := strings.Cut(field, ": ")
			require.True(c.t, ok, "%q", field)
			require.NotContains(c.t, fields, name)
			fields[name] = value
		}
		c.event(fields)
		if n, err := strconv.Atoi(fields["id"]); err == nil {
			require.Positive(c.t, n)
			lines++
		}
	}
	return lines
}

// event checks one event, as the document describes it.
func (c *contract) event(fields map[string]string) {
	switch kind := fields["event"]; kind {
	case "info", "stderr", "error", "end":
		require.Equal(c.t, kind, c.envelope(fields["data"]))
		require.Equal(c.t, kind == "end" || kind == "error", fields["id"] == "end")
	case "encoded":
		require.Contains(c.t, decode(c.t, fields["data"]), "\r")
	case "":
		if _, isComment := fields[""]; !isComment {
			require.Contains(c.t, fields, "id")
			require.NotContains(c.t, fields["data"], "\r")
		}
	default:
		require.Fail(c.t, "an event of another kind", kind)
	}
}

// envelope checks an envelope and returns its kind.
func (c *contract) envelope(text string) string {
	c.t.Helper()
	value := decode(c.t, text)
	require.NoError(c.t, c.doc.Components.Schemas["Envelope"].Value.VisitJSON(value, openapi3.EnableJSONSchema2020()), text)
	for _, kind := range c.doc.Components.Schemas["Envelope"].Value.OneOf {
		if kind.Value.VisitJSON(value, openapi3.EnableJSONSchema2020()) == nil {
			c.note("", kind, value)
		}
	}
	return value.(map[string]any)["t"].(string)
}
