package handler

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

const (
	// maxWrong is how many wrong tokens an address may send in a minute.
	maxWrong = 20
	// maxAddresses bounds the addresses that are counted each on its own.
	maxAddresses = 1000
)

// attempts counts wrong tokens by address.
type attempts struct {
	now func() time.Time

	mu     sync.Mutex
	counts map[string]*rate.Limiter // guarded by mu
}

func newAttempts(now func() time.Time) *attempts {
	return &attempts{now: now, counts: map[string]*rate.Limiter{}}
}

// exhausted reports whether an address has sent too many wrong tokens.
func (a *attempts) exhausted(address string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.ofLocked(address).TokensAt(a.now()) < 1
}

// note counts a wrong token.
func (a *attempts) note(address string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.ofLocked(address).AllowN(a.now(), 1)
}

// ofLocked returns the count of an address. When there are too many, the others share one.
func (a *attempts) ofLocked(address string) *rate.Limiter {
	if a.counts[address] == nil && len(a.counts) >= maxAddresses {
		a.forgetLocked()
	}
	if a.counts[address] == nil && len(a.counts) >= maxAddresses {
		address = ""
	}
	if a.counts[address] == nil {
		a.counts[address] = rate.NewLimiter(rate.Every(time.Minute/maxWrong), maxWrong)
	}
	return a.counts[address]
}

// forgetLocked drops the addresses that have sent nothing wrong for a minute.
func (a *attempts) forgetLocked() {
	for address, count := range a.counts {
		if count.TokensAt(a.now()) >= maxWrong {
			delete(a.counts, address)
		}
	}
}
