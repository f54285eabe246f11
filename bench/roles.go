package main

import (
	"fmt"
	"os"
)

// Names of the parts that this program plays, as its first argument.
const (
	naiveFiber   = "naive-fiber"
	naiveGo      = "naive-go"
	relayServer  = "relay-server"
	framesServer = "frames-server"
	copyServer   = "copy-server"
)

// roles are the parts that this program plays. They get the arguments behind their name.
var roles = map[string]func(arguments []string) error{
	"-p":         func([]string) error { return playAgent(os.Stdin, os.Stdout) },
	"--version":  func([]string) error { _, err := fmt.Println("0.0.0 (bench agent)"); return err },
	naiveFiber:   serveFiber,
	naiveGo:      serveGo,
	relayServer:  serveRelay,
	framesServer: serveFrames,
	copyServer:   func(arguments []string) error { return serveCopy(arguments[0]) },
}
