package main

import (
	"bytes"
	"net"
)

// serveFrames has no agent: it writes the frames that an agent's lines would become, ready made. That is what a
// socket on this machine takes at most.
func serveFrames([]string) error {
	return serveRaw(func(conn net.Conn, prompt string) error {
		order, err := parseOrder(prompt)
		if err != nil {
			return err
		}
		return writeFrames(conn, order.n)
	})
}

func writeFrames(conn net.Conn, n int) error {
	if _, err := conn.Write(appendFrame(nil, opText, []byte(agentInit))); err != nil {
		return err
	}
	one := appendFrame(nil, opText, []byte(sampleLine()))
	perWrite := chunk / len(one)
	many := bytes.Repeat(one, perWrite)
	for ; n > 0; n -= perWrite {
		if _, err := conn.Write(many[:min(perWrite, n)*len(one)]); err != nil {
			return err
		}
	}
	_, err := conn.Write(append(appendFrame(nil, opText, []byte(agentEnd)), closeFrame...))
	return err
}
