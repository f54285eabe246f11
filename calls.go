package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"syscall"
	"time"

	"github.com/go-json-experiment/json"

	"spool/schema"
)

// callTime bounds one plain request.
const callTime = 30 * time.Second

// request is a plain request that may be sent again.
type request struct {
	method, path string
	body         []byte
	key          string // Idempotency-Key, if there is to be one
}

// insist sends a request until there is an answer. A server that was never there is not
// waited for: it is more likely that the address is wrong.
func (r *remote) insist(ctx context.Context, q request, told func(error)) (schema.Run, error) {
	again := backoff{patience: reconnectTime, told: told}
	for {
		run, err := r.call(ctx, q)
		if !isLost(err) || ctx.Err() != nil {
			return run, err
		}
		if r.reached = r.reached || isCut(err); !r.reached {
			return run, r.unreachable(cause(err))
		}
		if err := again.again(ctx, err); err != nil {
			return run, err
		}
	}
}

// isCut reports whether a connection came about and then ended too early.
func isCut(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

// cause takes away what net/http says about the request around an error.
func cause(err error) error {
	if around, ok := errors.AsType[*url.Error](err); ok {
		return around.Err
	}
	return err
}

// call sends a request whose answer is a run.
func (r *remote) call(ctx context.Context, q request) (run schema.Run, err error) {
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	asked, err := http.NewRequestWithContext(ctx, q.method, r.url(q.path, ""), bytes.NewReader(q.body))
	if err != nil {
		return run, &exitError{exitFailed, err.Error()}
	}
	asked.Header.Set("Accept", "application/json")
	asked.Header.Set("Content-Type", "application/json")
	if q.key != "" {
		asked.Header.Set("Idempotency-Key", q.key)
	}
	answer, err := http.DefaultClient.Do(asked)
	if err != nil {
		return run, err
	}
	r.reached = true
	if answer.StatusCode >= http.StatusBadRequest {
		return run, refusal(answer)
	}
	defer answer.Body.Close()
	if err := json.UnmarshalRead(answer.Body, &run); err != nil {
		return run, fmt.Errorf("read answer: %w", err)
	}
	return run, nil
}
