package main

import (
	"flag"
	"os"
	"time"
)

// plan says what is measured, and how much of it.
type plan struct {
	only    string // parts, with commas
	without string // contestants, with commas
	rounds  int    // of every measurement; the median counts
	quick   bool   // everything once, and small
	dir     string // data directories are made in it
	svg     string // file of the plot, "" for none

	spool      string // binary of Spool, "" to build it
	against    string // binary of another Spool, a peer then
	websocketd string // binary
	node       string // binary

	lines    int           // of one throughput run
	conns    int           // connections of the throughput run over many
	prompts  int           // to the real CLI per round
	long     sizeList      // of long lines
	silence  time.Duration // after which a server is stuck with one
	streams  int           // at once, 20 lines a second each
	window   time.Duration // for which streams, or viewers of a replay, are watched
	starts   int           // first-line times per round
	spell    time.Duration // for which runs are started, one after the other
	idle     int           // idle connections of a memory measurement
	flood    size          // that a stalled client is sent
	leaves   int           // clients that leave per round
	patience time.Duration // after which what lives is left behind

	replay  size  // of the output that is replayed
	many    int   // viewers of it at once
	viewers int   // of one live run
	old     sizes // how many runs a killed server has behind it
}

func fullPlan() plan {
	return plan{
		rounds: 5, lines: 1_000_000, conns: 16, prompts: 2, long: sizeList{16 << 20, 128 << 20, 1 << 30}, silence: longSilence,
		streams: 200, window: 10 * time.Second, starts: 20, spell: 3 * time.Second, idle: 5000, flood: 1 << 30, leaves: 3, patience: 3 * time.Second,
		replay: 1 << 30, many: 50, viewers: 1000, old: sizes{1000, 10_000},
	}
}

func quickPlan() plan {
	return plan{
		rounds: 1, lines: 50_000, conns: 16, prompts: 1, long: sizeList{16 << 20}, silence: 3 * time.Second,
		streams: 20, window: 2 * time.Second, starts: 5, spell: time.Second, idle: 500, flood: 64 << 20, leaves: 1, patience: time.Second,
		replay: 16 << 20, many: 5, viewers: 50, old: sizes{50},
	}
}

// readPlan reads the flags, twice because -quick decides the defaults of the others.
func readPlan() plan {
	p := planOf(fullPlan(), os.Args[1:])
	if p.quick {
		return planOf(quickPlan(), os.Args[1:])
	}
	return p
}

func planOf(p plan, arguments []string) plan {
	f := flag.NewFlagSet("bench", flag.ExitOnError)
	p.choice(f)
	p.amounts(f)
	_ = f.Parse(arguments) // it exits by itself
	return p
}

func (p *plan) choice(f *flag.FlagSet) {
	f.StringVar(&p.only, "only", partNames(), "parts to measure, with commas")
	f.StringVar(&p.without, "without", "", "peers to leave out, with commas: websocketd, node, naive Go, naive Fiber")
	f.IntVar(&p.rounds, "rounds", p.rounds, "rounds; the median of them counts")
	f.BoolVar(&p.quick, "quick", false, "everything once, with small sizes: to try the program, not for figures")
	f.StringVar(&p.dir, "dir", os.TempDir(), "make the data directories in here")
	f.StringVar(&p.svg, "svg", "", "draw the main ratios into this file")
	f.StringVar(&p.spool, "spool", "", "measure this binary of Spool instead of building one")
	f.StringVar(&p.against, "against", "", "a binary of another Spool, as one more peer")
	f.StringVar(&p.websocketd, "websocketd", "websocketd", "websocketd "+websocketdVersion+": a path, or a name on PATH")
	f.StringVar(&p.node, "node", "node", "Node: a path, or a name on PATH")
}

func (p *plan) amounts(f *flag.FlagSet) {
	f.IntVar(&p.lines, "lines", p.lines, "lines of one throughput run; servers that batch get four times as many")
	f.IntVar(&p.conns, "conns", p.conns, "connections of the throughput run over many")
	f.IntVar(&p.prompts, "prompts", p.prompts, "prompts to the real CLI per round")
	f.Var(&p.long, "long", "sizes of long lines, with commas")
	f.DurationVar(&p.silence, "silence", p.silence, "after how long without a byte of one a server is stuck")
	f.IntVar(&p.streams, "streams", p.streams, "streams of 20 lines a second at once")
	f.DurationVar(&p.window, "window", p.window, "how long streams, and viewers of a replay, are watched")
	f.IntVar(&p.starts, "starts", p.starts, "first-line times taken per round")
	f.DurationVar(&p.spell, "spell", p.spell, "how long runs are started, one after the other")
	f.IntVar(&p.idle, "idle", p.idle, "idle connections of a memory measurement")
	f.Var(&p.flood, "flood", "what is sent to a client that does not read")
	f.IntVar(&p.leaves, "leaves", p.leaves, "clients that leave running agents per round")
	f.DurationVar(&p.patience, "patience", p.patience, "how long the agents may take to be gone")
	f.Var(&p.replay, "replay", "size of the output that is replayed")
	f.IntVar(&p.many, "many", p.many, "viewers of a replay at once")
	f.IntVar(&p.viewers, "viewers", p.viewers, "viewers of one live run")
	f.Var(&p.old, "old", "old runs of a killed server, with commas")
}
