package webhook

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var secret = []byte("a secret of the test")

// receiver is a server that answers with these statuses, one after the other, the last for ever.
type receiver struct {
	*httptest.Server
	mu       sync.Mutex
	statuses []int
	headers  []http.Header
	bodies   []string
}

func newReceiver(t *testing.T, statuses ...int) *receiver {
	t.Helper()
	r := &receiver{statuses: statuses}
	r.Server = httptest.NewServer(r)
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	body, _ := io.ReadAll(q.Body)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.headers, r.bodies = append(r.headers, q.Header), append(r.bodies, string(body))
	status := r.statuses[0]
	if len(r.statuses) > 1 {
		r.statuses = r.statuses[1:]
	}
	w.Header().Set("Location", "/elsewhere")
	w.WriteHeader(status)
}

// sender sends to one webhook, "team", with short pauses.
func sender(address string, log io.Writer) *Sender {
	s := New(map[string]string{"team": address}, secret, slog.New(slog.NewTextHandler(log, nil)))
	s.pause = time.Millisecond
	return s
}

func TestADeliveryIsSigned(t *testing.T) {
	t.Parallel()
	r := newReceiver(t, http.StatusNoContent)
	before := time.Now().Unix()
	tries, err := sender(r.URL, io.Discard).Send(t.Context(), "team", []byte(`{"text":"hi"}`))
	require.NoError(t, err)
	require.Equal(t, 1, tries)
	require.Equal(t, []string{`{"text":"hi"}`}, r.bodies)
	stamp, signature, ok := strings.Cut(strings.TrimPrefix(r.headers[0].Get("X-Spool-Signature"), "t="), ",v1=")
	require.True(t, ok)
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	require.NoError(t, err)
	require.GreaterOrEqual(t, seconds, before)
	require.LessOrEqual(t, seconds, time.Now().Unix())
	sum := hmac.New(sha256.New, secret)
	sum.Write([]byte(stamp + "." + r.bodies[0]))
	require.Equal(t, hex.EncodeToString(sum.Sum(nil)), signature)
	require.Equal(t, "application/json; charset=utf-8", r.headers[0].Get("Content-Type"))
}

func TestWhatMayPassIsTriedAgain(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		statuses []int
		tries    int
		problem  string
	}{
		{[]int{500, 200}, 2, ""},
		{[]int{503, 429, 408, 200}, 4, ""},
		{[]int{500, 500, 500, 500, 200}, 4, "the status 500"},
		{[]int{404, 200}, 1, "the status 404"},
		{[]int{302, 200}, 1, "a redirect"},
		{[]int{307, 200}, 1, "a redirect"},
	} {
		r := newReceiver(t, test.statuses...)
		tries, err := sender(r.URL, io.Discard).Send(t.Context(), "team", []byte(`{}`))
		if test.problem == "" {
			require.NoError(t, err)
		} else {
			require.ErrorContains(t, err, test.problem)
		}
		require.Equal(t, test.tries, tries, "%v", test.statuses)
		require.Len(t, r.bodies, test.tries, "%v", test.statuses)
		for _, header := range r.headers {
			require.NotEmpty(t, header.Get("X-Spool-Delivery"))
			require.Equal(t, r.headers[0].Get("X-Spool-Delivery"), header.Get("X-Spool-Delivery"))
		}
	}
}

func TestNobodyAnswers(t *testing.T) {
	t.Parallel()
	r := newReceiver(t, 200)
	r.Close()
	var log bytes.Buffer
	tries, err := sender(r.URL+"/secret-path", &log).Send(t.Context(), "team", []byte(`{}`))
	require.Equal(t, errNoAnswer, err)
	require.Equal(t, attempts, tries)
	require.Contains(t, log.String(), "name=team")
	require.NotContains(t, log.String(), "secret-path")
}

func TestAStoppedServerTriesNoMore(t *testing.T) {
	t.Parallel()
	r := newReceiver(t, 500)
	s := sender(r.URL, io.Discard)
	s.pause = time.Hour
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() {
		_, err := s.Send(ctx, "team", []byte(`{}`))
		ended <- err
	}()
	require.Eventually(t, func() bool { r.mu.Lock(); defer r.mu.Unlock(); return len(r.bodies) == 1 }, 30*time.Second, time.Millisecond)
	cancel()
	require.Error(t, <-ended)
}

func TestOnlyNamedAddresses(t *testing.T) {
	t.Parallel()
	s := sender("http://127.0.0.1:1", io.Discard)
	require.True(t, s.Has("team"))
	for _, name := range []string{"", "Team", "http://127.0.0.1:1"} {
		require.False(t, s.Has(name))
	}
	require.False(t, (*Sender)(nil).Has("team"))
	for address, ok := range map[string]bool{
		"http://a": true, "https://a:1/x?y=z": true, "": false, "a": false, "//a": false, "ftp://a": false, "file:///etc/passwd": false, "http://": false, "http://%zz": false,
	} {
		require.Equal(t, ok, CheckAddress(address) == nil, address)
	}
}
