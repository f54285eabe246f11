package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
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

const websocketdVersion = "0.4.1"

func (r *rig) checkWebsocketd() error {
	if r.leftOut(websocketdName) {
		return nil
	}
	if _, err := exec.LookPath(r.websocketd); err != nil {
		return fmt.Errorf("websocketd is missing (%w). Install it:\n\tgo install github.com/joewalnes/websocketd@v%s\n"+
			"and put $(go env GOPATH)/bin on PATH or name the binary with -websocketd; or leave it out: -without websocketd", err, websocketdVersion)
	}
	return nil
}

func (r *rig) checkNode() error {
	if r.leftOut(nodeName) {
		return nil
	}
	if _, err := exec.LookPath(r.node); err != nil {
		return fmt.Errorf("node is missing (%w): install Node 20 or newer, name it with -node, or leave it out: -without node", err)
	}
	if _, err := os.Stat(filepath.Join(r.root, "e2e", "node_modules", "ws")); err != nil {
		return fmt.Errorf("the ws package is missing (%w): run ./test.sh install, or leave Node out: -without node", err)
	}
	return nil
}

// ownCommand is one of this program's parts.
func (r *rig) ownCommand(name, role string) func(program) (command, error) {
	return func(p program) (command, error) { return r.ownServer(name, role, p), nil }
}

func (r *rig) ownServer(name, role string, p program) command {
	return command{name: name, path: r.self, args: append([]string{role, p.path}, p.args...), program: p, greets: true}
}

// fiberServer is the peer of the parts that know one only.
func (r *rig) fiberServer() command { return r.ownServer(fiberName, naiveFiber, r.agent()) }

func (r *rig) nodeCommand(p program) (command, error) {
	script := filepath.Join(r.root, "bench", "node-server.mjs")
	return command{name: nodeName, path: r.node, args: append([]string{script, p.path}, p.args...), program: p, greets: true}, nil
}

// websocketdCommand has the address in its arguments, because websocketd neither picks one nor tells it.
func (r *rig) websocketdCommand(p program) (command, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return command{}, fmt.Errorf("pick an address: %w", err)
	}
	defer ln.Close()
	host, port, _ := net.SplitHostPort(ln.Addr().String())
	args := []string{"--address=" + host, "--port=" + port, "--loglevel=fatal", "--passenv=" + strings.Join(names(p.env), ","), p.path}
	return command{name: websocketdName, path: r.websocketd, args: append(args, p.args...), program: p, addr: ln.Addr().String(), bare: true}, nil
}

// names are those of an environment.
func names(env []string) (list []string) {
	if env == nil {
		return []string{"PATH"}
	}
	for _, variable := range env {
		name, _, _ := strings.Cut(variable, "=")
		list = append(list, name)
	}
	return list
}
