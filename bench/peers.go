package main

import (
	"fmt"
	"net"
	"path/filepath"
	"strings"
)

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
