package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"spool/schema"
)

func TestLinesBeginBehindACursor(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	id := s.start(t, script("seq 1 9; echo boom >&2"))
	s.awaitEnd(t, id, schema.Succeeded, "")
	whole := strings.Fields("1 2 3 4 5 6 7 8 9")
	for from := range int64(10) {
		for _, accept := range []string{acceptSSE, acceptNDJSON} {
			st := s.lines(t, id, from, accept)
			h := heard{after: from}
			require.NoError(t, st.hear(&h, all))
			require.Equal(t, whole[from:], append([]string{}, h.lines...))
			require.Equal(t, []string{"boom"}, h.stderr, "stderr has no numbers: it comes again")
			requireHeard(t, h, schema.Succeeded, "")
		}
		_, text := s.do(t, http.MethodGet, fmt.Sprintf("/api/runs/%s/lines?from=%d", id, from), "", "Accept: text/plain")
		require.Equal(t, strings.Join(append(whole[from:], ""), "\n"), text)
	}
}

// A browser comes back with the id of the last event that it has seen, to the address at
// which it began.
func TestLastEventIDIsTheCursorOfABrowser(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	id := s.start(t, script("seq 1 9"))
	s.awaitEnd(t, id, schema.Succeeded, "")
	for _, from := range []string{"", "?from=2", "?from=8", "?from=nonsense"} {
		st, err := s.openStream(http.DefaultClient, http.MethodGet, "/api/runs/"+id+"/lines"+from, "", "Last-Event-ID: 7")
		require.NoError(t, err)
		h := heard{after: 7}
		require.NoError(t, st.hear(&h, all))
		st.close()
		require.Equal(t, []string{"8", "9"}, h.lines, from)
		require.Equal(t, "end", st.lastID)
		require.Equal(t, "1000", st.retry)
	}
	for _, path := range []string{"/api/runs/" + id + "/lines", "/api/runs/" + id + "/lines?from=3"} {
		answer, text := s.do(t, http.MethodGet, path, "", "Last-Event-ID: end")
		require.Equal(t, http.StatusNoContent, answer.StatusCode, "which tells a browser not to come back")
		require.Empty(t, text)
	}
}

func TestLinesComeInTheFormThatIsAccepted(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	id := s.start(t, "hi")
	for accept, want := range map[string]string{
		"": acceptSSE, "*/*": acceptSSE, acceptSSE: acceptSSE, acceptNDJSON: acceptNDJSON, acceptText: "text/plain; charset=utf-8", "text/*": acceptSSE,
		"application/json, " + acceptNDJSON + ";q=0.5": acceptNDJSON, acceptSSE + ";q=0.1, " + acceptNDJSON: acceptNDJSON,
		acceptText + ", " + acceptSSE + ";q=0.9": "text/plain; charset=utf-8",
	} {
		answer, text := s.do(t, http.MethodGet, "/api/runs/"+id+"/lines", "", "Accept: "+accept)
		require.Equal(t, want, answer.Header.Get("Content-Type"), accept)
		require.Equal(t, "no-store", answer.Header.Get("Cache-Control"))
		require.Equal(t, "no", answer.Header.Get("X-Accel-Buffering"))
		require.Contains(t, text, "ok")
	}
	for _, accept := range []string{"application/json", "text/html", "image/*", acceptSSE + ";q=0"} {
		answer, text := s.do(t, http.MethodGet, "/api/runs/"+id+"/lines", "", "Accept: "+accept)
		requireRefusal(t, answer, text, http.StatusBadRequest, schema.BadRequest)
	}
}

func TestCursorsThatAreNoneAreRefused(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	id := s.start(t, "hi")
	for _, from := range []string{"-1", "x", "1.5", "1e3", "99999999999999999999", "%00", " 1", "0x1", "end"} {
		for _, header := range []string{"Accept: " + acceptSSE, "Accept: " + acceptText} {
			answer, text := s.do(t, http.MethodGet, "/api/runs/"+id+"/lines?from="+strings.ReplaceAll(from, " ", "%20"), "", header)
			if from == "end" {
				require.Equal(t, http.StatusNoContent, answer.StatusCode)
				continue
			}
			requireRefusal(t, answer, text, http.StatusBadRequest, schema.BadRequest)
		}
		if from == "end" || from == "%00" {
			continue
		}
		answer, text := s.do(t, http.MethodGet, "/api/runs/"+id+"/lines", "", "Last-Event-ID: x"+strings.TrimSpace(from))
		requireRefusal(t, answer, text, http.StatusBadRequest, schema.BadRequest)
	}
	for _, from := range []string{"-1", "x", "99999999999999999999"} {
		c := s.dialPath(t, "/ws/runs/"+id+"?from="+from)
		e := c.rest()
		require.Equal(t, schema.BadRequest, e.err.Code)
		require.EqualValues(t, schema.CloseError, e.code)
	}
}

// N07: whoever has more lines than there are has lines of something else, and is told so.
func TestN07ACursorBehindTheEndIsAGap(t *testing.T) {
	t.Parallel()
	s, g := startServer(t), newGate(t)
	id := s.start(t, script("seq 1 5", g.wait(), "seq 6 9"))
	early := []*stream{s.lines(t, id, 10, acceptSSE), s.lines(t, id, 1<<40, acceptNDJSON)}
	plain, err := s.openLines(http.DefaultClient, id, 10, acceptText)
	require.NoError(t, err)
	defer plain.close()
	raw, enveloped, exact := s.attach(t, id, 10), s.attach(t, id, 10, schema.Subprotocol), s.lines(t, id, 9, acceptSSE)
	g.open()
	s.awaitEnd(t, id, schema.Succeeded, "")
	for _, st := range early { // they began while nobody could know
		h := st.rest(t)
		require.Empty(t, h.lines)
		require.Empty(t, h.ends, "this is not the end of what they have seen")
		require.Equal(t, schema.ReplayGap, h.errors[0].Code)
	}
	_, err = plain.in.ReadByte()
	require.ErrorContains(t, err, "unexpected EOF", "in plain text there is no other way to say that it is not whole")
	requireEnd(t, raw.rest(), schema.ReplayGap)
	h, code := enveloped.hear(10)
	require.EqualValues(t, schema.CloseError, code)
	require.Equal(t, []told{{T: "error", Code: schema.ReplayGap, Error: h.errors[0].Error}}, h.errors)
	last := heard{after: 9}
	require.NoError(t, exact.hear(&last, all))
	requireHeard(t, last, schema.Succeeded, "")

	for _, accept := range []string{acceptSSE, acceptNDJSON, acceptText} {
		answer, text := s.do(t, http.MethodGet, "/api/runs/"+id+"/lines?from=10", "", "Accept: "+accept)
		requireRefusal(t, answer, text, http.StatusRequestedRangeNotSatisfiable, schema.ReplayGap)
	}
	requireEnd(t, s.dialPath(t, "/ws/runs/"+id+"?from=10").rest(), schema.ReplayGap)
}
