//go:build race

package store

import "time"

// flips is how many bits are flipped, each in a database of its own. The race detector makes SQLite,
// which is Go here, ten times slower.
const flips = 100

// mostForPath is how long the history of a long conversation may take to read.
const mostForPath = 2 * time.Second
