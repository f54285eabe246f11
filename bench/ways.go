package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"time"
)

// way is one way for a reader to get at the bytes of an output.
type way struct {
	name   string
	server *server // nil if there is none
	// read reads to the end, or until a time, and returns how many bytes of the output
	// came, and the CPU time of what was started for it.
	read func(until time.Time) (n int64, spent time.Duration, err error)
}

// catWay reads what cat writes into a pipe.
func catWay(path string) way {
	return way{name: "cat, through a pipe", read: func(until time.Time) (int64, time.Duration, error) {
		in, out, err := os.Pipe()
		if err != nil {
			return 0, 0, err
		}
		defer in.Close()
		cat := exec.Command("cat", path)
		cat.Stdout = out
		err = errors.Join(cat.Start(), out.Close(), in.SetReadDeadline(until))
		if err != nil {
			return 0, 0, fmt.Errorf("start cat: %w", err)
		}
		n, err := count(in, nil)
		_ = cat.Process.Kill()
		_ = cat.Wait() // killed or not: what came says enough
		return n, cat.ProcessState.UserTime() + cat.ProcessState.SystemTime(), err
	}}
}

// copyWay reads from a bare socket.
func copyWay(s *server) way {
	return way{s.name, s, func(until time.Time) (int64, time.Duration, error) {
		conn, err := dialUntil(s.addr, until)
		if err != nil {
			return 0, 0, err
		}
		defer conn.Close()
		n, err := count(conn, nil)
		return n, 0, err
	}}
}

// socketWay watches a run on /ws/runs.
func socketWay(s *server, o output, protocol string) way {
	name := "/ws/runs, raw"
	if protocol != "" {
		name = "/ws/runs, " + protocol
	}
	return way{name, s, func(until time.Time) (int64, time.Duration, error) {
		c, err := socket{s.addr, "/ws/runs/" + o.run, protocol, clientBuf}.dial()
		if err != nil {
			return 0, 0, err
		}
		defer c.close()
		c.conn.until = until
		got, err := c.drain()
		return o.size(int64(got.lines)), 0, orLate(err)
	}}
}

// linesWay gets /lines. A line of the output takes some newlines in each format, and the
// frames around them some more.
type linesWay struct {
	accept            string
	newlines, besides int64
}

var linesWays = []linesWay{{"text/plain", 1, 0}, {"application/x-ndjson", 1, 2}, {"text/event-stream", 3, 9}}

func (l linesWay) of(s *server, o output) way {
	return way{"/lines, " + l.accept, s, func(until time.Time) (int64, time.Duration, error) {
		conn, err := dialUntil(s.addr, until)
		if err != nil {
			return 0, 0, err
		}
		defer conn.Close()
		n, err := l.get(conn, o.run)
		return o.size((n - l.besides) / l.newlines), 0, err
	}}
}

// get returns how many newlines came.
func (l linesWay) get(conn net.Conn, run string) (int64, error) {
	_, err := fmt.Fprintf(conn, "GET /api/runs/%s/lines HTTP/1.1\r\nHost: %s\r\nAccept: %s\r\nConnection: close\r\n\r\n", run, conn.RemoteAddr(), l.accept)
	if err != nil {
		return 0, fmt.Errorf("write request: %w", err)
	}
	answer, err := http.ReadResponse(bufio.NewReaderSize(conn, clientBuf), nil)
	if err != nil {
		return 0, fmt.Errorf("read answer: %w", err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return 0, fmt.Errorf("read answer: %s", answer.Status)
	}
	return count(answer.Body, []byte{'\n'})
}

func dialUntil(addr string, until time.Time) (net.Conn, error) {
	conn, err := net.DialTimeout("tcp", addr, dialTimeout)
	if err != nil {
		return nil, fmt.Errorf("dial server: %w", err)
	}
	return conn, conn.SetDeadline(until)
}

// count reads to the end, or until the deadline, and counts one byte, or all of them.
func count(in io.Reader, what []byte) (total int64, err error) {
	buffer := make([]byte, clientBuf)
	for {
		n, err := in.Read(buffer)
		if what == nil {
			total += int64(n)
		} else {
			total += int64(bytes.Count(buffer[:n], what))
		}
		if errors.Is(err, io.EOF) {
			return total, nil
		}
		if err != nil {
			return total, orLate(err)
		}
	}
}

// orLate returns err unless it is that the time is over.
func orLate(err error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return nil
	}
	return err
}
