package faults

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"spool/schema"
)

// seen is what a viewer has got of a run.
type seen struct {
	lines []string
	end   schema.EndEnvelope // T is empty as long as there is none
	fault schema.ErrorEnvelope
	ends  int // how many ends came; more than one is a fault
}

// envelope is any of them.
type envelope struct {
	T, Line     string
	N           int64
	State       schema.State
	Code        schema.Code
	Error, Info string
}

// take adds what came. A line must be the very next one.
func (s *seen) take(e envelope) error {
	switch e.T {
	case "line":
		if e.N != int64(len(s.lines))+1 {
			return fmt.Errorf("line %d came after line %d", e.N, len(s.lines))
		}
		s.lines = append(s.lines, e.Line)
	case "end":
		s.ends++
		s.end = schema.EndEnvelope{T: e.T, State: e.State, Code: e.Code, Error: e.Error}
	case "error":
		s.fault = schema.ErrorEnvelope{T: e.T, Error: e.Error, Code: e.Code}
	}
	return nil
}

// follow reads a run until its end, whatever becomes of the connection meanwhile. The error
// tells of what must never happen.
func (w *world) follow(ctx context.Context, id string) (s seen, err error) {
	for s.end.T == "" && s.fault.T == "" && ctx.Err() == nil && err == nil {
		if err = w.read(ctx, id, &s); err == nil && s.end.T == "" {
			pause(ctx)
		}
	}
	if s.end.T == "" && err == nil && s.fault.T == "" {
		err = fmt.Errorf("no end after %d lines: %w", len(s.lines), ctx.Err())
	}
	return s, err
}

// read reads as much as one connection brings.
func (w *world) read(ctx context.Context, id string, s *seen) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("http://%s/api/runs/%s/lines?from=%d", w.address, id, len(s.lines)), nil)
	if err != nil {
		return err
	}
	request.Header.Set("Accept", "application/x-ndjson")
	answer, err := w.client.Do(request)
	if err != nil {
		return nil //nolint:nilerr // the server is down: that is the test
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		var e envelope
		if json.NewDecoder(answer.Body).Decode(&e) == nil && e.Code == schema.OutputDamaged {
			s.fault = schema.ErrorEnvelope{Error: e.Error, Code: e.Code, T: "error"}
			return nil
		}
		return fmt.Errorf("status %d (%s) for a run that was accepted, behind line %d", answer.StatusCode, e.Code, len(s.lines))
	}
	lines := bufio.NewScanner(answer.Body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var e envelope
		if len(lines.Bytes()) == 0 || json.Unmarshal(lines.Bytes(), &e) != nil {
			continue // a ping, or what was cut
		}
		if err := s.take(e); err != nil {
			return err
		}
	}
	return nil
}
