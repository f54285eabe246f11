package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"time"

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

// writer is where lines go: to a socket, or to a room.
type writer interface{ WriteMessage(int, []byte) error }

// relay takes one prompt and runs the agent, which ends when the client leaves.
func relay(ws *websocket.Conn, to writer, agent []string) error {
	if err := ws.WriteMessage(websocket.TextMessage, []byte(infoFrame)); err != nil {
		return err
	}
	var payload struct{ Prompt string }
	if err := ws.ReadJSON(&payload); err != nil {
		return nil // the client left without a prompt
	}
	ctx, leave := context.WithCancel(context.Background())
	go func() { defer leave(); _, _, _ = ws.ReadMessage() }()
	defer func() { // Fiber gives the connection to somebody else when nobody expects it any more
		_ = ws.SetReadDeadline(time.Now())
		<-ctx.Done()
	}()
	cmd := exec.CommandContext(ctx, agent[0], agent[1:]...)
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := startWith(cmd, payload.Prompt); err != nil {
		return err
	}
	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		if err := to.WriteMessage(websocket.TextMessage, lines.Bytes()); err != nil {
			break
		}
	}
	if err := cmd.Wait(); err != nil && ctx.Err() == nil {
		return err
	}
	return to.WriteMessage(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseNormalClosure, ""))
}

// startWith starts the agent and gives it its prompt.
func startWith(cmd *exec.Cmd, prompt string) error {
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	if err := json.NewEncoder(stdin).Encode(userLine(prompt)); err != nil {
		return err
	}
	return stdin.Close()
}
