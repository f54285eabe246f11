package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"os/exec"
)

const longestRelayed = 1 << 20 // a relay for real would send longer lines in fragments

// serveRelay is the best that a server with a pipe can do, and nothing else: all lines of one read go out in one write.
func serveRelay(agent []string) error {
	return serveRaw(func(conn net.Conn, prompt string) error {
		ctx, leave := context.WithCancel(context.Background())
		defer leave()
		go func() { _, _ = io.Copy(io.Discard, conn); leave() }()
		err := relayAgent(conn, exec.CommandContext(ctx, agent[0], agent[1:]...), prompt)
		if ctx.Err() != nil {
			return nil // the client has left
		}
		return err
	})
}

func relayAgent(conn net.Conn, cmd *exec.Cmd, prompt string) error {
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := startWith(cmd, prompt); err != nil {
		return err
	}
	if err := relayLines(conn, stdout); err != nil {
		_ = cmd.Process.Kill() // or it would wait for a reader
		_ = cmd.Wait()
		return err
	}
	if err := cmd.Wait(); err != nil {
		return err
	}
	_, err = conn.Write(closeFrame)
	return err
}

// relayLines frames the lines of each read.
func relayLines(out io.Writer, in io.Reader) error {
	buffer, kept := make([]byte, longestRelayed), 0
	var wire []byte
	for {
		n, err := in.Read(buffer[kept:])
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		wire, kept = frameLines(wire[:0], buffer, kept+n)
		if kept == len(buffer) {
			return fmt.Errorf("relay line: it is longer than %d bytes", len(buffer))
		}
		if _, err := out.Write(wire); err != nil {
			return err
		}
	}
}

// frameLines adds a frame for each whole line of the first n bytes, and moves what is left to the front.
func frameLines(wire, buffer []byte, n int) (framed []byte, left int) {
	rest := buffer[:n]
	for {
		end := bytes.IndexByte(rest, '\n')
		if end < 0 {
			return wire, copy(buffer, rest)
		}
		wire = appendFrame(wire, opText, rest[:end])
		rest = rest[end+1:]
	}
}
