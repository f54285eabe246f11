package main

import (
	"os"
	"path/filepath"
)

// shellAgent is an agent that costs as little as a process can, so that the servers' part is seen: it takes a prompt
// and prints an init and a result line.
func (r *rig) shellAgent() (program, error) {
	const script = `#!/bin/sh
[ "$1" = --version ] && echo "0.0.0 (bench agent)" && exit
read -r prompt
echo '` + agentInit + `'
echo '` + agentEnd + `'
`
	path := filepath.Join(r.dir, "agent.sh")
	return program{path: path, args: agentArgs}, os.WriteFile(path, []byte(script), 0o700)
}
