//go:build race

package store

// flips is how many bits are flipped, each in a database of its own. The race detector makes SQLite,
// which is Go here, ten times slower.
const flips = 100
