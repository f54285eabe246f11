// Package api is a stand-in for the Messages API, for the tests of this folder:
// it lets the real `claude` CLI run with no account and no network.
//
// The CLI is pointed at [Server.URL] with ANTHROPIC_BASE_URL. What the stand-in
// answers is written in the prompt, in directives:
//
//	[[words 200]]        200 words, as one delta each
//	[[words 200 20ms]]   the same with a pause of 20 ms after each word
//	[[bytes 1048576]]    a text of that many bytes
//	[[halves 1048576 2ms]]  the same, delta by delta with that pause, and in the middle
//	                     nothing until [Server.Release]
//	[[hold]]             one word, then nothing until [Server.Release]
//	[[cut]]              a stream that breaks off after one word; the answer is whole
//	                     when it is asked for without a stream
//	[[status 529]]       that HTTP status with an API error
//	[[fail 400]]         the same, but only the first time that a server is asked for it
//	[[think it over]]    a block of thinking with that text
//	[[bash sleep 600]]   a call of the Bash tool with that command; its result is
//	                     answered with a text
//	[[background sleep 600]]  the same as a background task of the CLI
//	[[read /etc/passwd]] a call of the Read tool for that file
//	[[usage 1000 500]]   the answer has taken that many tokens, read and written
//
// Several directives are one answer, block by block: `[[think hm]] [[bash a]] [[bash b]]`
// thinks, and then calls two tools at once. A prompt without a directive is answered
// with [Greeting], and so is one that has only thoughts or a usage.
//
// Every request is kept, so that a test can say what reached the API, and what
// history it had: [Request.History].
package api

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"
)

// Server is a running stand-in. The zero value is not usable: call [Start].
type Server struct {
	http http.Server
	addr string

	mu       sync.Mutex // guards the fields below
	requests []Request
	failed   bool          // it has, as a prompt asked for
	changed  chan struct{} // closed and replaced when a request was added
	held     chan struct{} // closed by Release
}

// Start listens on a free loopback port and serves until [Server.Close].
func Start() (*Server, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for the stand-in API: %w", err)
	}
	s := &Server{addr: ln.Addr().String(), changed: make(chan struct{}), held: make(chan struct{})}
	mux := http.NewServeMux()
	mux.HandleFunc("HEAD /{$}", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("POST /v1/messages", s.messages)
	s.http = http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = s.http.Serve(ln) }()
	return s, nil
}

// URL is what ANTHROPIC_BASE_URL has to be.
func (s *Server) URL() string { return "http://" + s.addr }

// fails reports whether this is the first time that it is asked.
func (s *Server) fails() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.failed
	s.failed = true
	return !before
}

// Close ends every connection at once, answers under way included.
func (s *Server) Close() error { return s.http.Close() }

// Release lets every held answer, and every later one, go on.
func (s *Server) Release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.held:
	default:
		close(s.held)
	}
}

// Requests are all requests so far, oldest first.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Request(nil), s.requests...)
}

// Await returns the requests as soon as there are n of them.
func (s *Server) Await(ctx context.Context, n int) ([]Request, error) {
	for {
		s.mu.Lock()
		got, changed := append([]Request(nil), s.requests...), s.changed
		s.mu.Unlock()
		if len(got) >= n {
			return got, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return got, fmt.Errorf("await request %d of the API (%d came): %w", n, len(got), ctx.Err())
		}
	}
}

func (s *Server) messages(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the client left while it was sending
	}
	req, err := parse(body)
	if err != nil {
		writeError(w, http.StatusBadRequest)
		return
	}
	s.record(req)
	s.answer(w, r, req)
}

func (s *Server) record(req Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, req)
	close(s.changed)
	s.changed = make(chan struct{})
}
