package main

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

// The test binary plays every part, as the program does.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		if play, ok := roles[os.Args[1]]; ok {
			exit(play(os.Args[2:]))
		}
	}
	goleak.VerifyTestMain(m)
}
