package main

import (
	"fmt"
	"io"
	"os/exec"
	"time"
)

// pipeRound reads the agent's pipe with nothing in between.
func (r *rig) pipeRound() error {
	for _, l := range loads[:2] {
		n := r.linesFor(pipeName)
		took, err := readPipe(r.agent(), fmt.Sprint(n, " ", l.how))
		if err != nil {
			return err
		}
		r.board.add(pipeName, l.rate, float64(n)/1000/took.Seconds())
	}
	return nil
}

// readPipe returns the time from an agent's first bytes to its last.
func readPipe(p program, prompt string) (time.Duration, error) {
	cmd := exec.Command(p.path, p.args...)
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return 0, err
	}
	if err := startWith(cmd, prompt); err != nil {
		return 0, err
	}
	if _, err := stdout.Read(make([]byte, chunk)); err != nil {
		return 0, fmt.Errorf("read agent: %w", err)
	}
	began := time.Now()
	if _, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, stdout, make([]byte, chunk)); err != nil {
		return 0, fmt.Errorf("read agent: %w", err)
	}
	return time.Since(began), cmd.Wait()
}
