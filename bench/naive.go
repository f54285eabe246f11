package main

import (
	"fmt"
	"net"
	"net/http"
	"os"

	"github.com/fasthttp/websocket"
	fiberws "github.com/gofiber/contrib/websocket"
	"github.com/gofiber/fiber/v2"
)

// The naive servers are what one writes first: a pipe, a Scanner, one WriteMessage for each line. They have no limits and no
// deadlines, and care for the agent alone, not for what it starts. They are here to be compared with, not to be used.

// serveFiber is the one with Spool's own web framework.
func serveFiber(agent []string) error {
	app := fiber.New(fiber.Config{DisableStartupMessage: true})
	app.Get("/ws/claude", fiberws.New(func(ws *fiberws.Conn) { complain(relay(ws.Conn, ws, agent)) }))
	var r room
	app.Get("/ws/room", fiberws.New(r.join))
	app.Get("/ws/room/claude", fiberws.New(func(ws *fiberws.Conn) { complain(relay(ws.Conn, &r, agent)) }))
	ln, err := listen()
	if err != nil {
		return err
	}
	return app.Listener(ln)
}

// serveGo is the one with net/http and the same WebSocket library, which is gorilla's for fasthttp as well.
func serveGo(agent []string) error {
	var upgrader websocket.Upgrader
	http.HandleFunc("GET /ws/claude", func(w http.ResponseWriter, r *http.Request) {
		ws, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			complain(err)
			return
		}
		defer ws.Close()
		complain(relay(ws, ws, agent))
	})
	ln, err := listen()
	if err != nil {
		return err
	}
	return http.Serve(ln, nil)
}

// listen picks an address on loopback, and tells it.
func listen() (net.Listener, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	fmt.Printf("listening on http://%s\n", ln.Addr())
	return ln, nil
}

func complain(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "naive:", err)
	}
}
