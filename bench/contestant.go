package main

import (
	"errors"
	"slices"
	"strings"
)

// kind says what a contestant is compared as.
type kind int

const (
	us    kind = iota
	peer       // does the same job
	limit      // what the machine can do at most
)

// Names of the contestants.
const (
	spoolName      = "spool"
	otherSpool     = "other spool"
	websocketdName = "websocketd"
	fiberName      = "naive Fiber"
	goName         = "naive Go"
	nodeName       = "Node, ws"
	relayName      = "batching relay"
	framesName     = "bare socket"
)

// contestant is a server to be measured.
type contestant struct {
	name string
	kind kind
	// serve says how it is started, to start p for each prompt.
	serve func(p program) (command, error)
}

// program is what servers start for each prompt.
type program struct {
	path string
	args []string
	env  []string // of the server that starts it; nil is this program's own
	dir  string   // of that server
	warm bool     // Spool may keep processes ready, as it does unless told otherwise
}

// agentArgs are what Spool gives the CLI; all others give it the same.
var agentArgs = []string{
	"-p", "--input-format=stream-json", "--output-format=stream-json", "--verbose", "--setting-sources=user", "--strict-mcp-config",
}

// agent is this program in the agent's part.
func (r *rig) agent() program { return program{path: r.self, args: agentArgs} }

// contestants are all that are not left out.
func (r *rig) contestants() ([]contestant, error) {
	all := []contestant{{spoolName, us, r.spoolCommand(r.spool, r.flags)}}
	if r.against != "" {
		flags, err := syntheticFlags(r.against)
		if err != nil {
			return nil, err
		}
		all = append(all, contestant{otherSpool, peer, r.spoolCommand(r.against, flags)})
	}
	all = append(all,
		contestant{websocketdName, peer, r.websocketdCommand},
		contestant{goName, peer, r.ownCommand(goName, naiveGo)},
		contestant{fiberName, peer, r.ownCommand(fiberName, naiveFiber)},
		contestant{nodeName, peer, r.nodeCommand},
		contestant{relayName, limit, r.ownCommand(relayName, relayServer)},
		contestant{framesName, limit, r.ownCommand(framesName, framesServer)})
	all = slices.DeleteFunc(all, func(c contestant) bool { return r.leftOut(c.name) })
	return all, errors.Join(r.checkWebsocketd(), r.checkNode())
}

func (r *rig) leftOut(name string) bool {
	return slices.ContainsFunc(strings.Split(r.without, ","), func(out string) bool {
		return out != "" && strings.HasPrefix(strings.ToLower(name), strings.ToLower(strings.TrimSpace(out)))
	})
}

// those returns the contestants of these kinds.
func (r *rig) those(kinds ...kind) (chosen []contestant) {
	for _, c := range r.field {
		if slices.Contains(kinds, c.kind) {
			chosen = append(chosen, c)
		}
	}
	return chosen
}
