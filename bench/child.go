package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// startChild leaves a process in a session of its own, as the CLI's tools do, tells who there is, and stays. Both
// end by themselves after a while, whatever the server does about them.
func startChild(out io.Writer) error {
	child := exec.Command("sleep", "120")
	child.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := child.Start(); err != nil {
		return fmt.Errorf("start child: %w", err)
	}
	if _, err := fmt.Fprintf(out, familyHead+"%d,%d]}\n", os.Getpid(), child.Process.Pid); err != nil {
		return err
	}
	time.Sleep(2 * time.Minute)
	return nil
}

const familyHead = `{"type":"system","subtype":"init","pids":[`

// family reads who there is.
func family(head []byte) (pids []int, err error) {
	if !bytes.HasPrefix(head, []byte(familyHead)) {
		return nil, fmt.Errorf("read processes of agent: %q", head)
	}
	var line struct{ Pids []int }
	if err := json.Unmarshal(head, &line); err != nil {
		return nil, fmt.Errorf("read processes of agent: %w", err)
	}
	return line.Pids, nil
}
