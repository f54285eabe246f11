// Command bench measures Spool on loopback, each figure beside a peer that is measured in
// the same run: a plain Go server that does the same job the way one writes it first, cat,
// and a bare socket. `go run ./bench` builds Spool and prints Markdown tables.
//
// The program plays every part itself, by re-executing its own binary: the agent that both
// servers start (first argument -p), the plain server (naive-server) and the bare socket
// (copy-server). README.md has the method and figures.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// plan says what is measured, and how much of it.
type plan struct {
	only    string // parts, with commas
	rounds  int    // of every measurement; the median counts
	dir     string // data directories are made in it
	spool   string // binary of Spool, "" to build it
	against string // another Spool, to compare with instead of the plain server

	lines  int // of one throughput run
	starts int // first-line times per round
	idle   int // idle connections of a memory measurement

	replay size          // of the output that is replayed
	many   int           // viewers at once
	window time.Duration // for which they are watched

	viewers int   // of one live run
	old     sizes // how many runs a killed server has behind it
}

// part is something to measure.
type part struct {
	name    string
	measure func(*rig) error
}

var parts = []part{{"compare", (*rig).compare}, {"replay", (*rig).replay}, {"viewers", (*rig).viewers}, {"sweep", (*rig).sweep}}

func main() {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case "-p", "--version":
			exit(playAgent(os.Args[1], os.Stdin, os.Stdout))
		case naiveServer:
			exit(serveNaive(os.Args[2]))
		case copyServer:
			exit(serveCopy(os.Args[2]))
		}
	}
	exit(bench(readPlan()))
}

func readPlan() plan {
	p := plan{replay: 1 << 30, old: sizes{1000, 10_000}}
	flag.StringVar(&p.only, "only", "compare,replay,viewers,sweep", "parts to measure, with commas")
	flag.IntVar(&p.rounds, "rounds", 5, "rounds; the median of them counts")
	flag.StringVar(&p.dir, "dir", os.TempDir(), "make the data directories in here")
	flag.StringVar(&p.spool, "spool", "", "measure this binary of Spool instead of building one")
	flag.StringVar(&p.against, "against", "", "compare with this binary of another Spool instead of the plain server")
	flag.IntVar(&p.lines, "lines", 1_000_000, "lines of one throughput run")
	flag.IntVar(&p.starts, "starts", 20, "first-line times taken per round")
	flag.IntVar(&p.idle, "idle", 1000, "idle connections of a memory measurement")
	flag.Var(&p.replay, "replay", "size of the output that is replayed")
	flag.IntVar(&p.many, "many", 50, "viewers of a replay at once")
	flag.DurationVar(&p.window, "window", 10*time.Second, "how long these are watched")
	flag.IntVar(&p.viewers, "viewers", 1000, "viewers of one live run")
	flag.Var(&p.old, "old", "old runs of a killed server, with commas")
	flag.Parse()
	return p
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// rig is what every part needs.
type rig struct {
	plan
	self string // this binary
}

// bench measures and prints. Progress goes to stderr, the tables to stdout.
func bench(p plan) (err error) {
	r := &rig{plan: p}
	if r.dir, err = os.MkdirTemp(p.dir, "spool-bench-"); err != nil {
		return fmt.Errorf("make working directory: %w", err)
	}
	defer os.RemoveAll(r.dir)
	if r.self, err = os.Executable(); err != nil {
		return fmt.Errorf("find own binary: %w", err)
	}
	if r.spool == "" {
		r.spool = filepath.Join(r.dir, "spool")
		if err := build(r.spool); err != nil {
			return err
		}
	}
	fmt.Println(machine())
	for _, name := range strings.Split(p.only, ",") {
		i := slices.IndexFunc(parts, func(p part) bool { return p.name == name })
		if i < 0 {
			return fmt.Errorf("there is no part %q", name)
		}
		if err := parts[i].measure(r); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// spoolServer is a Spool with a data directory of this name.
func (r *rig) spoolServer(name string, flags ...string) command {
	args := []string{"--listen=127.0.0.1:0", "--data-dir=" + filepath.Join(r.dir, name), "--claude=" + r.self, "--log-level=error"}
	return command{"spool", r.spool, append(args, flags...)}
}

func (r *rig) plainServer() command {
	return command{"plain Go", r.self, []string{naiveServer, r.self}}
}

// byTurns does something in every round with each of n contestants, so that a slow minute
// of the machine hits all of them, and nobody is always first.
func (r *rig) byTurns(what string, n int, measure func(i int) error) error {
	for round := range r.rounds {
		fmt.Fprintf(os.Stderr, "%s: round %d of %d\n", what, round+1, r.rounds)
		for i := range n {
			if err := measure((i + round) % n); err != nil {
				return err
			}
		}
	}
	return nil
}
