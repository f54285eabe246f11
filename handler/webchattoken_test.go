package handler

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spool/run"
	"spool/schema"
)

// clock is a time that a test moves on.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)} }

func (c *clock) time() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func TestATokenIsGoodForTenMinutes(t *testing.T) {
	t.Parallel()
	c := newClock()
	all := newTokens(c.time)
	token, expires := all.issue()
	require.Equal(t, c.now.Add(10*time.Minute), expires)
	random, err := base64.RawURLEncoding.DecodeString(token)
	require.NoError(t, err)
	require.Len(t, random, 32)
	require.Equal(t, sha256.Sum256([]byte(token)), all.good[0].sum, "itself is not kept")
	for _, wrong := range []string{"", token[1:], token + "A", strings.ToLower(token) + "_", string(random), fmt.Sprintf("%x", all.good[0].sum)} {
		require.False(t, all.accept(wrong), wrong)
	}
	c.pass(10*time.Minute - 1)
	require.True(t, all.accept(token))
	c.pass(1)
	require.False(t, all.accept(token))
	other, _ := all.issue()
	require.True(t, all.accept(other))
	require.Len(t, all.good, 1, "what has expired is forgotten")
}

func TestTheOldestTokenGoes(t *testing.T) {
	t.Parallel()
	all := newTokens(newClock().time)
	var issued []string
	for range maxTokens + 2 {
		token, _ := all.issue()
		issued = append(issued, token)
	}
	require.Len(t, all.good, maxTokens)
	require.False(t, all.accept(issued[1]))
	require.True(t, all.accept(issued[2]))
	require.True(t, all.accept(issued[maxTokens+1]))
}

func TestWrongTokensAreCountedByAddress(t *testing.T) {
	t.Parallel()
	c := newClock()
	a := newAttempts(c.time)
	for range maxWrong {
		require.False(t, a.exhausted("a"))
		a.note("a")
	}
	require.True(t, a.exhausted("a"))
	require.False(t, a.exhausted("b"))
	c.pass(time.Minute/maxWrong - 1)
	require.True(t, a.exhausted("a"))
	c.pass(1)
	require.False(t, a.exhausted("a"))
	a.note("a")
	require.True(t, a.exhausted("a"))
	c.pass(time.Minute)
	for range maxWrong {
		require.False(t, a.exhausted("a"))
		a.note("a")
	}
	require.True(t, a.exhausted("a"))
}

func TestTheAddressesThatAreCountedAreBounded(t *testing.T) {
	t.Parallel()
	c := newClock()
	a := newAttempts(c.time)
	for i := range 2 * maxAddresses {
		a.note(fmt.Sprint(i))
	}
	require.LessOrEqual(t, len(a.counts), maxAddresses+1)
	require.True(t, a.exhausted("another"), "what is too many shares one count")
	require.False(t, a.exhausted("7"))
	c.pass(time.Minute)
	require.False(t, a.exhausted("another"))
	require.LessOrEqual(t, len(a.counts), 2, "the others are forgotten")
}

// The server's own time decides, not the client's.
func TestAnExpiredTokenIsRefused(t *testing.T) {
	t.Parallel()
	c := newClock()
	h := newHouse(t, "", func(config *Config, _ *run.Config) { config.now = c.time })
	status, body := h.ask(t, "/webchat/info", "")
	require.Equal(t, http.StatusOK, status)
	var info schema.WebChatInfo
	require.NoError(t, json.Unmarshal([]byte(body), &info))
	require.Equal(t, c.now.Add(tokenLife), info.ExpiresAt)
	status, _ = h.ask(t, "/webchat/history", info.Token)
	require.Equal(t, http.StatusOK, status)
	c.pass(tokenLife)
	status, body = h.ask(t, "/webchat/history", info.Token)
	require.Equal(t, http.StatusUnauthorized, status)
	require.Contains(t, body, string(schema.Unauthorized))
}

// ask asks for a path with a token.
func (h house) ask(t *testing.T, path, token string) (status int, body string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+h.address+path, nil)
	require.NoError(t, err)
	if token != "" {
		request.Header.Set("X-Webchat-Token", token)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: patience}
	answer, err := client.Do(request)
	require.NoError(t, err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	return answer.StatusCode, string(text)
}

// A history that cannot be had is an error that the page can pass over, and nothing more is told.
func TestAHistoryThatCannotBeRead(t *testing.T) {
	t.Parallel()
	h := newHouse(t, "", nil)
	token, _ := h.tokens.issue()
	require.NoError(t, h.records.Close())
	status, body := h.ask(t, "/webchat/history?session=main", token)
	require.Equal(t, http.StatusInternalServerError, status)
	require.Contains(t, body, string(schema.Internal))
	require.NotContains(t, body, "spool.db")
}
