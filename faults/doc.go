// Package faults is the fault suite: it has no code of its own, only tests that kill, cut,
// fill and damage a real server, and compare what clients have seen with what was written.
//
// The tests are short unless FAULTS is "full" (just faults), which takes long.
package faults
