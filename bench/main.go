// Command bench measures Spool on loopback beside its peers, which do the same job with the same agent, and
// beside what the machine can do at most. `go run ./bench` builds Spool, prints Markdown tables on stdout
// and its progress on stderr. README.md has the method.
//
// The program plays most parts itself, by re-executing its own binary: see roles.go.
package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

func main() {
	if len(os.Args) > 1 {
		if play, ok := roles[os.Args[1]]; ok {
			exit(play(os.Args[2:]))
		}
	}
	exit(bench(readPlan()))
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// part is something to measure.
type part struct {
	name    string
	measure func(*rig) error
}

var parts = []part{
	{"cli", (*rig).realCLI}, {"lines", (*rig).throughput}, {"long", (*rig).longLines}, {"streams", (*rig).manyStreams},
	{"starts", (*rig).startRuns}, {"idle", (*rig).idleConnections}, {"stalled", (*rig).stalledClient}, {"leave", (*rig).leaveEarly},
	{"replay", (*rig).replay}, {"viewers", (*rig).viewers}, {"sweep", (*rig).sweep},
}

// rig is what every part needs.
type rig struct {
	plan
	self  string       // this binary
	root  string       // of the repository
	flags []string     // of Spool, with the synthetic agent
	board *board       // of all parts
	field []contestant // that are not left out
}

// bench measures and prints.
func bench(p plan) (err error) {
	chosen, err := choose(p.only)
	if err != nil {
		return err
	}
	r := &rig{plan: p, board: newBoard()}
	if r.dir, err = os.MkdirTemp(p.dir, "spool-bench-"); err != nil {
		return fmt.Errorf("make working directory: %w", err)
	}
	defer os.RemoveAll(r.dir)
	tidyWhenInterrupted(r.dir)
	if err := r.prepare(); err != nil {
		return err
	}
	fmt.Println(machine())
	for _, c := range chosen {
		if err := c.measure(r); err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
	}
	fmt.Print(r.targetTable())
	return r.draw()
}

// choose returns the parts of these names, with commas.
func choose(names string) (chosen []part, err error) {
	for name := range strings.SplitSeq(names, ",") {
		i := slices.IndexFunc(parts, func(p part) bool { return p.name == name })
		if i < 0 {
			return nil, fmt.Errorf("there is no part %q: there are %s", name, partNames())
		}
		chosen = append(chosen, parts[i])
	}
	return chosen, nil
}

func partNames() string {
	var names []string
	for _, p := range parts {
		names = append(names, p.name)
	}
	return strings.Join(names, ",")
}

// prepare finds and builds what is started.
func (r *rig) prepare() (err error) {
	if r.self, err = os.Executable(); err != nil {
		return fmt.Errorf("find own binary: %w", err)
	}
	if r.root, err = repository(); err != nil {
		return err
	}
	if r.spool == "" {
		r.spool = filepath.Join(r.dir, "spool")
		if err := build(r.spool); err != nil {
			return err
		}
	}
	if r.flags, err = syntheticFlags(r.spool); err != nil {
		return err
	}
	if err := raiseOpenFiles(uint64(r.idle) + spareFiles); err != nil {
		return err
	}
	r.field, err = r.contestants()
	return err
}

// repository is the folder of go.mod.
func repository() (string, error) {
	out, err := exec.Command("go", "env", "GOMOD").Output()
	if path := strings.TrimSpace(string(out)); err == nil && filepath.IsAbs(path) {
		return filepath.Dir(path), nil
	}
	return "", fmt.Errorf("find the repository: run bench inside it (go env GOMOD: %q, %w)", out, err)
}
