package main

import (
	"io"
	"net"
	"os"
)

const copyBuffer = 64 << 10

// serveCopy writes a file into every connection: what a server on this machine can do at
// most that reads the bytes it sends, instead of having the system copy them.
func serveCopy(path string) error {
	return serveEach(func(conn net.Conn) { _ = copyFile(conn, path) }) // a client that leaves is no fault
}

// copyFile hides from io.Copy that a socket can read a file for itself.
func copyFile(to io.Writer, path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	_, err = io.CopyBuffer(struct{ io.Writer }{to}, struct{ io.Reader }{file}, make([]byte, copyBuffer))
	return err
}
