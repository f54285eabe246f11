//go:build !race

package store

import "time"

// flips is how many bits are flipped, each in a database of its own.
const flips = 500

// mostForPath is how long the history of a long conversation may take to read.
const mostForPath = 100 * time.Millisecond
