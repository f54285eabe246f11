package main

import (
	"fmt"
	"io"
	"net"
	"time"
)

// mouth is where agents get from what they print, and when: a listener that they dial.
type mouth struct{ *net.TCPListener }

func openMouth() (mouth, error) {
	ln, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return mouth{}, fmt.Errorf("listen for agents: %w", err)
	}
	return mouth{ln}, nil
}

// prompt makes an agent dial.
func (m mouth) prompt() string { return "0 " + asTold + " " + m.Addr().String() }

// agent returns the next agent that has dialled. It prints its result when the connection
// is closed.
func (m mouth) agent() (net.Conn, error) {
	if err := m.SetDeadline(time.Now().Add(startTimeout)); err != nil {
		return nil, fmt.Errorf("set deadline: %w", err)
	}
	conn, err := m.Accept()
	if err != nil {
		return nil, fmt.Errorf("wait for agent: %w", err)
	}
	return conn, nil
}

// speak has an agent print n lines in so much time.
func speak(agent io.Writer, n int, during time.Duration) error {
	tick := time.NewTicker(during / time.Duration(n))
	defer tick.Stop()
	line := []byte(sampleLine() + "\n")
	for range n {
		<-tick.C
		if _, err := agent.Write(line); err != nil {
			return fmt.Errorf("tell agent: %w", err)
		}
	}
	return nil
}

// printTold is the agent's side: it ends when the connection is closed.
func printTold(stdout io.Writer, address string) error {
	conn, err := net.DialTimeout("tcp", address, dialTimeout)
	if err != nil {
		return err
	}
	defer conn.Close()
	_, err = io.Copy(stdout, conn)
	return err
}
