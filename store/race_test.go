//go:build race

package store

import "time"

// flips is how many bits are flipped, each in a database of its own. The race detector makes SQLite,
// which is Go here, ten times slower.
const flips = 100

// longHistory is how many messages a long conversation has, and mostForPath how long it may take to
// read them.
const (
	longHistory = 1_000
	mostForPath = time.Second
)
