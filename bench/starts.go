package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"time"
)

// starts takes the times of short runs through the server and, by turns, of the same
// program started directly.
func (c *comparison) starts(s *server, into *samples) error {
	for range c.plan.starts {
		if err := into.short(s.addr); err != nil {
			return err
		}
		direct, err := forkExec(c.self)
		if err != nil {
			return err
		}
		c.forkExec = append(c.forkExec, direct)
		into.overhead = append(into.overhead, into.firstLine[len(into.firstLine)-1]-direct)
	}
	return nil
}

// short takes the times of a run of one line.
func (m *samples) short(addr string) error {
	c, err := dial(addr)
	if err != nil {
		return err
	}
	defer c.close()
	began := time.Now()
	if err := c.send("1 " + inChunks); err != nil {
		return err
	}
	got, err := c.drain()
	if err != nil {
		return err
	}
	if got.run != "" {
		m.accepted = append(m.accepted, milliseconds(got.accepted.Sub(began)))
	}
	m.firstLine = append(m.firstLine, milliseconds(got.first.Sub(began)))
	m.close = append(m.close, milliseconds(got.closed.Sub(got.last)))
	return nil
}

// forkExec starts the agent as a shell would, and returns the milliseconds to its first line.
func forkExec(agent string) (float64, error) {
	began := time.Now()
	cmd := exec.Command(agent, "-p")
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return 0, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return 0, err
	}
	if err := cmd.Start(); err != nil {
		return 0, fmt.Errorf("start agent: %w", err)
	}
	if err := json.NewEncoder(stdin).Encode(userLine("1 " + inChunks)); err != nil {
		return 0, fmt.Errorf("write prompt: %w", err)
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
