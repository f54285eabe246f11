package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// What a client may accept of a run's output.
const (
	acceptSSE    = "text/event-stream"
	acceptNDJSON = "application/x-ndjson"
	acceptText   = "text/plain"
)

// stream is the answer to a plain request, as it comes: events, or lines of envelopes.
type stream struct {
	answer *http.Response
	in     *bufio.Reader
	sse    bool
	retry  string // what an event stream says about coming back
	lastID string // of the last event
	pings  int    // signs of life
}

// lines begins to read the output of a run behind a line.
func (s *server) lines(t testing.TB, id string, from int64, accept string) *stream {
	t.Helper()
	st, err := s.openLines(http.DefaultClient, id, from, accept)
	require.NoError(t, err)
	t.Cleanup(st.close)
	return st
}

// openLines is lines for many at once.
func (s *server) openLines(client *http.Client, id string, from int64, accept string) (*stream, error) {
	return s.openStream(client, http.MethodGet, fmt.Sprintf("/api/runs/%s/lines?from=%d", id, from), "", "Accept: "+accept)
}

// openStream sends a request, to which the answer must be a stream.
func (s *server) openStream(client *http.Client, method, path, body string, header ...string) (*stream, error) {
	request, err := http.NewRequest(method, s.url+path, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	for _, line := range header {
		name, value, _ := strings.Cut(line, ": ")
		request.Header.Set(name, value)
	}
	answer, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	if answer.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(answer.Body)
		return nil, errors.Join(fmt.Errorf("%s: %s", answer.Status, text), answer.Body.Close())
	}
	return &stream{answer: answer, in: bufio.NewReader(answer.Body), sse: strings.HasPrefix(answer.Header.Get("Content-Type"), acceptSSE)}, nil
}

func (st *stream) close() { _ = st.answer.Body.Close() }

// next returns what is told next; io.EOF at the end of the answer.
func (st *stream) next() (told, error) {
	if st.sse {
		return st.nextEvent()
	}
	for {
		text, err := st.in.ReadBytes('\n')
		if err != nil || len(text) > 1 {
			return decodeTold(text), err
		}
		st.pings++
	}
}

// event is the fields of one event.
type event struct{ id, name, data string }

// nextEvent reads up to the next event with data. It is strict: what no browser would take for
// a field of an event is an error.
func (st *stream) nextEvent() (told, error) {
	var e event
	for {
		line, err := st.in.ReadString('\n')
		if err != nil {
			return told{}, err
		}
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		switch {
		case name == "" && value == "" && line == "\n" && e != (event{}):
			return st.told(e), nil
		case name == "" && value == "ping":
			st.pings++
		case name == "retry":
			st.retry = value
		case name == "id":
			e.id = value
		case name == "event":
			e.name = value
		case name == "data":
			e.data = value
		case line != "\n":
			return told{}, fmt.Errorf("%q is no field of an event", line)
		}
	}
}

// told returns what an event tells. Its data is a line, unless the event has a name.
func (st *stream) told(e event) told {
	if e.id != "" {
		st.lastID = e.id
	}
	number, err := strconv.ParseInt(e.id, 10, 64)
	switch {
	case e.name == "" && err == nil:
		return told{T: "line", N: number, Line: e.data}
	case e.name == "encoded" && err == nil:
		x := told{T: "line", N: number}
		x.undecodable = json.Unmarshal([]byte(e.data), &x.Line)
		return x
	}
	x := decodeTold([]byte(e.data))
	if x.undecodable == nil && x.T != e.name {
		x.undecodable = fmt.Errorf("event %q tells %q", e.name, x.T)
	}
	return x
}

// hear adds what is told next, n things at most or all to the end.
func (st *stream) hear(h *heard, n int) error {
	for ; n != 0; n-- {
		x, err := st.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := h.add(x); err != nil {
			return err
		}
	}
	return nil
}

// all is hear for everything.
const all = -1

// rest reads everything to the end of the answer.
func (st *stream) rest(t testing.TB) (h heard) {
	t.Helper()
	require.NoError(t, st.hear(&h, all))
	return h
}
