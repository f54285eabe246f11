package main

import (
	"os"
	"os/signal"
	"sync"
	"syscall"
)

// running are the servers that must not outlive this program.
var running sync.Map // of *os.Process

// tidyWhenInterrupted kills them, and removes the working directory, when somebody stops the benchmark.
func tidyWhenInterrupted(dir string) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-signals
		running.Range(func(process, _ any) bool {
			_ = process.(*os.Process).Kill()
			return true
		})
		_ = os.RemoveAll(dir)
		os.Exit(1)
	}()
}
