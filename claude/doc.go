// Package claude is the dialect of the claude command-line agent: how it is found and
// started, what it reads on stdin, and which of its stdout lines mean something. Whatever
// it prints passes through Spool untouched; only the few fields that decide how a run
// went are read here, and unknown lines never fail.
//
// A [Pool] keeps processes that were started and wait for a prompt.
//
// What is said about the CLI was observed on version 2.1.197.
package claude
