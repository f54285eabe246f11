package webhook

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	// attempts is how often a delivery is tried.
	attempts = 4
	// firstPause is the time before the second attempt; each one is twice the last.
	firstPause = time.Second
	// attemptTimeout bounds one attempt.
	attemptTimeout = 10 * time.Second
)

// Sender sends to webhooks.
type Sender struct {
	hooks  map[string]string // addresses, by name
	secret []byte
	log    *slog.Logger
	client *http.Client
	pause  time.Duration // before the second attempt
}

// New returns a Sender to these addresses, by name.
func New(hooks map[string]string, secret []byte, log *slog.Logger) *Sender {
	return &Sender{
		hooks: hooks, secret: secret, log: log, pause: firstPause,
		client: &http.Client{
			Timeout:       attemptTimeout,
			Transport:     &http.Transport{Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, // it could lead anywhere
		},
	}
}

// CheckAddress refuses what cannot be a webhook's address.
func CheckAddress(address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return errors.New("the address must be http://… or https://…")
	}
	return nil
}

// Has reports whether there is a webhook of that name. A nil Sender has none.
func (s *Sender) Has(name string) bool {
	if s == nil {
		return false
	}
	_, ok := s.hooks[name]
	return ok
}

// Send delivers a body, and returns how many attempts that took. The error says, without the
// address, why it was not taken.
func (s *Sender) Send(ctx context.Context, name string, body []byte) (tries int, err error) {
	delivery := strings.ToLower(rand.Text())
	for pause := s.pause; ; pause *= 2 {
		tries++
		again, err := s.try(ctx, name, delivery, body)
		if err == nil || !again || tries == attempts {
			return tries, err
		}
		s.log.Warn("webhook: try again", "name", name, "attempt", tries, "error", err)
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return tries, errStopped
		}
	}
}

// Why an attempt fails. The details, which have addresses in them, are for the log.
var (
	errStopped   = errors.New("the server stops")
	errNoAnswer  = errors.New("it did not answer")
	errRedirects = errors.New("it answered with a redirect, which is not followed")
)

// try is one attempt. It says whether another one may end otherwise.
func (s *Sender) try(ctx context.Context, name, delivery string, body []byte) (again bool, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.hooks[name], bytes.NewReader(body))
	if err != nil {
		return false, errNoAnswer
	}
	request.Header.Set("Content-Type", "application/json; charset=utf-8")
	request.Header.Set("User-Agent", "spool")
	request.Header.Set("X-Spool-Delivery", delivery)
	request.Header.Set("X-Spool-Signature", Sign(s.secret, body, time.Now()))
	answer, err := s.client.Do(request)
	if err != nil {
		s.logFailure(name, err)
		return ctx.Err() == nil, errNoAnswer
	}
	defer answer.Body.Close()
	_, _ = io.CopyN(io.Discard, answer.Body, maxAnswer)
	return judge(answer.StatusCode)
}

// maxAnswer is how much of an answer is read, which nobody wants.
const maxAnswer = 64 << 10

// judge says what a status means.
func judge(status int) (again bool, err error) {
	switch {
	case status < http.StatusMultipleChoices:
		return false, nil
	case status < http.StatusBadRequest:
		return false, errRedirects
	default:
		again = status >= http.StatusInternalServerError || status == http.StatusTooManyRequests || status == http.StatusRequestTimeout
		return again, fmt.Errorf("it answered with the status %d", status)
	}
}

// logFailure logs an error without the address, which may have a secret in it.
func (s *Sender) logFailure(name string, err error) {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err
	}
	s.log.Warn("webhook: no answer", "name", name, "error", err)
}
