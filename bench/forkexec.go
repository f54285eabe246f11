package main

import (
	"bufio"
	"fmt"
	"io"
	"os/exec"
	"time"
)

const directName = "fork+exec"

func (r *rig) startsDirect(p program) error {
	return r.spells(directName, func() error { _, err := forkExec(p); return err })
}

// forkExec starts the agent as a shell would, and returns the milliseconds to its first line.
func forkExec(p program) (float64, error) {
	began := time.Now()
	cmd := exec.Command(p.path, p.args...)
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return 0, err
	}
	if err := startWith(cmd, "hi"); err != nil {
		return 0, fmt.Errorf("start agent: %w", err)
	}
	lines := bufio.NewReader(stdout)
	_, err = lines.ReadString('\n')
	took := time.Since(began)
	if err != nil {
		return 0, fmt.Errorf("read first line: %w", err)
	}
	if _, err := io.Copy(io.Discard, lines); err != nil {
		return 0, fmt.Errorf("read agent: %w", err)
	}
	return milliseconds(took), cmd.Wait()
}
