//go:build !race

package store

import "time"

// flips is how many bits are flipped, each in a database of its own.
const flips = 500

// longHistory is how many messages a long conversation has, and mostForPath how long it may take to
// read them.
const (
	longHistory = 10_000
	mostForPath = 150 * time.Millisecond
)
