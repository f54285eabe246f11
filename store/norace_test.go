//go:build !race

package store

// flips is how many bits are flipped, each in a database of its own.
const flips = 500
