package handler

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"sync"
	"time"
)

const (
	// tokenLife is how long a token of the web chat is good.
	tokenLife = 10 * time.Minute
	// maxTokens bounds the tokens that are good at once; one more ends the oldest.
	maxTokens = 1000
)

// tokens are the tokens of the web chat, which are good for that and nothing else. Only what
// they hash to is kept.
type tokens struct {
	now func() time.Time

	mu   sync.Mutex
	good []token // guarded by mu; the oldest first
}

type token struct {
	sum     [sha256.Size]byte
	expires time.Time
}

func newTokens(now func() time.Time) *tokens { return &tokens{now: now} }

// issue returns a new token, and until when it is good.
func (t *tokens) issue() (text string, expires time.Time) {
	random := make([]byte, 32)
	_, _ = rand.Read(random) // never fails
	text, expires = base64.RawURLEncoding.EncodeToString(random), t.now().Add(tokenLife)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.dropLocked()
	t.good = append(t.good, token{sha256.Sum256([]byte(text)), expires})
	return text, expires
}

// dropLocked makes room for one more, and forgets those that have expired.
func (t *tokens) dropLocked() {
	old := max(0, len(t.good)+1-maxTokens)
	for old < len(t.good) && !t.good[old].expires.After(t.now()) {
		old++
	}
	t.good = append([]token{}, t.good[old:]...)
}

// accept reports whether a text is a token that is good. How long it takes does not depend on
// how much of the text is right, nor on which token it is.
func (t *tokens) accept(text string) bool {
	sum := sha256.Sum256([]byte(text))
	t.mu.Lock()
	defer t.mu.Unlock()
	found := 0
	for _, good := range t.good {
		if good.expires.After(t.now()) {
			found |= subtle.ConstantTimeCompare(sum[:], good.sum[:])
		}
	}
	return found == 1
}
