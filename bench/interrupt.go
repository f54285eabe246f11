package main

import (
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"
)

// running are the servers that must not outlive this program.
var running sync.Map // of *os.Process

const tidyPatience = 5 * time.Second

// tidyWhenInterrupted ends them, and removes the working directory, when somebody stops the benchmark.
func tidyWhenInterrupted(dir string) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-signals
		endServers()
		_ = os.RemoveAll(dir)
		os.Exit(1)
	}()
}

// endServers asks them twice, which to Spool means at once, because it must end its agents. Who stays is killed.
func endServers() {
	until := time.Now().Add(tidyPatience)
	for range 2 {
		eachServer(func(p *os.Process) { _ = p.Signal(syscall.SIGTERM) })
		time.Sleep(100 * time.Millisecond)
	}
	eachServer(func(p *os.Process) {
		for lives(p.Pid) && time.Now().Before(until) {
			time.Sleep(10 * time.Millisecond)
		}
		_ = p.Kill()
	})
}

func eachServer(do func(*os.Process)) {
	running.Range(func(process, _ any) bool {
		do(process.(*os.Process))
		return true
	})
}
