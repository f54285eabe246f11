package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"spool/schema"
)

// told is one thing that is told of a run, in whichever form: all envelopes in one.
type told struct {
	T           string
	N           int64
	Line, Text  string
	Info, Run   string
	Position    int
	InSeconds   int
	State       schema.State
	Code        schema.Code
	Error       string
	undecodable error
}

// decodeTold reads an envelope. One with other members than the protocol's is none.
func decodeTold(text []byte) (x told) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&x); err != nil || decoder.More() {
		x.undecodable = fmt.Errorf("%q is no envelope: %w", text, err)
	}
	return x
}

// heard is all that was told of a run to one who looked at it.
type heard struct {
	after  int64 // the number behind which the lines begin
	lines  []string
	infos  []told
	stderr []string
	errors []told
	ends   []told
}

// add sorts one thing in. Lines must be numbered without gap or repetition, and nothing comes
// after the end.
func (h *heard) add(x told) error {
	switch want := h.after + int64(len(h.lines)) + 1; {
	case x.undecodable != nil:
		return x.undecodable
	case len(h.ends) > 0:
		return fmt.Errorf("%+v came after the end", x)
	case x.T == "line" && x.N != want:
		return fmt.Errorf("line %d came instead of %d", x.N, want)
	case x.T == "line":
		h.lines = append(h.lines, x.Line)
	case x.T == "info":
		h.infos = append(h.infos, x)
	case x.T == "stderr":
		h.stderr = append(h.stderr, x.Text)
	case x.T == "error":
		h.errors = append(h.errors, x)
	case x.T == "end":
		h.ends = append(h.ends, x)
	default:
		return fmt.Errorf("%+v is nothing that is known", x)
	}
	return nil
}

// cursor is the number of the last line that was heard.
func (h *heard) cursor() int64 { return h.after + int64(len(h.lines)) }

// requireHeard checks that exactly one end was heard, and which.
func requireHeard(t testing.TB, h heard, state schema.State, code schema.Code) {
	t.Helper()
	require.Len(t, h.ends, 1, "%+v", h.errors)
	require.Empty(t, h.errors)
	require.Equal(t, state, h.ends[0].State, "%+v", h.ends[0])
	require.Equal(t, code, h.ends[0].Code)
	require.Equal(t, code == "", h.ends[0].Error == "")
}
