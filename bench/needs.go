package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

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
