package main

import (
	"bufio"
	"fmt"
	"io"
	"os/exec"
	"time"
)

// askDirectly takes the times of the CLI in a pipe.
func (r *rig) askDirectly(p program) error {
	for range r.prompts {
		time.Sleep(cliPause)
		if err := r.askPipe(p); err != nil {
			r.board.fail(bareCLI, err, cliFirst, cliAnswer, cliClose)
		}
	}
	return nil
}

func (r *rig) askPipe(p program) error {
	began := time.Now()
	cmd := exec.Command(p.path, p.args...)
	cmd.Env, cmd.Dir = p.env, p.dir
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := startWith(cmd, cliPrompt); err != nil {
		return err
	}
	timer := time.AfterFunc(cliTimeout, func() { _ = cmd.Process.Kill() })
	defer timer.Stop()
	got := noteLines(stdout)
	if err := cmd.Wait(); err != nil {
		return fmt.Errorf("run the CLI: %w", err)
	}
	r.board.add(bareCLI, cliFirst, milliseconds(got.first.Sub(began)))
	r.board.add(bareCLI, cliAnswer, milliseconds(got.answered.Sub(began)))
	r.board.add(bareCLI, cliClose, milliseconds(time.Since(began)))
	return nil
}

func noteLines(stdout io.Reader) (got received) {
	lines := bufio.NewReader(stdout)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return got
		}
		got.note(&frame{opcode: opText, final: true, length: int64(len(line)), head: line})
	}
}
