package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// spoolCommand is a Spool on a data directory of its own, which goes when it stops.
func (r *rig) spoolCommand(binary string, synthetic []string) func(program) (command, error) {
	return func(p program) (command, error) {
		data, err := os.MkdirTemp(r.dir, "data-")
		if err != nil {
			return command{}, fmt.Errorf("make data directory: %w", err)
		}
		flags := synthetic
		if p.warm {
			flags = nil
		}
		c := spoolOn(data, binary, p, flags)
		c.leaves = data
		return c, nil
	}
}

// spoolServer is a Spool on a data directory of this name, which stays.
func (r *rig) spoolServer(name string, flags ...string) command {
	return spoolOn(filepath.Join(r.dir, name), r.spool, r.agent(), append(flags, r.flags...))
}

func spoolOn(data, binary string, p program, flags []string) command {
	args := []string{
		"--listen=127.0.0.1:0", "--data-dir=" + data, "--claude=" + p.path, "--log-level=error",
		"--run-timeout=1h", "--max-runs=1000", "--max-connections=20000", "--max-output=1TiB",
	}
	return command{name: spoolName, path: binary, args: append(args, flags...), program: p, greets: true, asks: true}
}

// syntheticFlags switch off what has nothing to do with the synthetic agent: processes that are kept ready, if this
// Spool has them.
func syntheticFlags(spool string) ([]string, error) {
	help, err := exec.Command(spool, "--help").Output()
	if err != nil {
		return nil, fmt.Errorf("ask %s for its flags: %w", spool, err)
	}
	if strings.Contains(string(help), "--warm") {
		return []string{"--warm=0"}, nil
	}
	return nil, nil
}
