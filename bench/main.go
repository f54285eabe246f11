// Command bench compares Spool with a plain Go server that does the same job
// the way one writes it first: a pipe, a bufio.Scanner and one WriteMessage
// for each line. `go run ./bench` builds Spool, runs both by turns on loopback
// and prints a Markdown table.
//
// The program plays every part itself, by re-executing its own binary: the
// agent that both servers start (first argument -p), and the plain server
// (first argument naive-server). README.md has the method and figures.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

// plan says how much is measured.
type plan struct {
	rounds int // of every measurement; the median counts
	lines  int // of one throughput run
	starts int // first-line times per round
	idle   int // idle connections of a memory measurement
}

func main() {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case "-p", "--version":
			exit(playAgent(os.Args[1], os.Stdin, os.Stdout))
		case naiveServer:
			exit(serveNaive(os.Args[2]))
		}
	}
	var p plan
	flag.IntVar(&p.rounds, "rounds", 5, "rounds; the median of them counts")
	flag.IntVar(&p.lines, "lines", 1_000_000, "lines of one throughput run")
	flag.IntVar(&p.starts, "starts", 20, "first-line times taken per round")
	flag.IntVar(&p.idle, "idle", 1000, "idle connections of a memory measurement")
	flag.Parse()
	exit(bench(p))
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// bench measures and prints. Progress goes to stderr, the report to stdout.
func bench(p plan) error {
	dir, err := os.MkdirTemp("", "spool-bench-")
	if err != nil {
		return fmt.Errorf("make working directory: %w", err)
	}
	defer os.RemoveAll(dir)
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find own binary: %w", err)
	}
	spool := filepath.Join(dir, "spool")
	if err := build(spool); err != nil {
		return err
	}
	servers := []command{
		{"spool", spool, []string{"--listen=127.0.0.1:0", "--data-dir=" + filepath.Join(dir, "data"), "--claude=" + self, "--log-level=error"}},
		{"plain Go", self, []string{naiveServer, self}},
	}
	results, err := measure(p, self, servers)
	if err != nil {
		return err
	}
	return report(os.Stdout, p, servers, results)
}
