package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"

	"github.com/gofiber/contrib/websocket"
	"github.com/gofiber/fiber/v2"
)

const naiveServer = "naive-server"

// serveNaive is the plain server: what one writes first with Spool's own web
// framework. It has no limits, no deadlines and no care for the process tree;
// it is here to be compared with, not to be used.
func serveNaive(agent string) error {
	app := fiber.New(fiber.Config{DisableStartupMessage: true})
	app.Get("/readyz", func(c *fiber.Ctx) error { return c.SendStatus(fiber.StatusOK) })
	app.Get("/ws/claude", websocket.New(func(ws *websocket.Conn) { complain(relay(ws, ws, agent)) }))
	var r room
	app.Get("/ws/room", websocket.New(r.join))
	app.Get("/ws/room/claude", websocket.New(func(ws *websocket.Conn) { complain(relay(ws, &r, agent)) }))
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	fmt.Printf("listening on http://%s\n", ln.Addr())
	return app.Listener(ln)
}

func complain(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "naive-server:", err)
	}
}

// relay runs the agent for one prompt and sends its lines to somebody.
func relay(ws *websocket.Conn, to interface{ WriteMessage(int, []byte) error }, agent string) error {
	if err := ws.WriteMessage(websocket.TextMessage, []byte(infoFrame)); err != nil {
		return err
	}
	var payload struct{ Prompt string }
	if err := ws.ReadJSON(&payload); err != nil {
		return nil // the client left without a prompt
	}
	cmd := exec.Command(agent, "-p", "--input-format=stream-json", "--output-format=stream-json", "--verbose")
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	if err := json.NewEncoder(stdin).Encode(userLine(payload.Prompt)); err != nil {
		return err
	}
	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		if err := to.WriteMessage(websocket.TextMessage, lines.Bytes()); err != nil {
			return err
		}
	}
	if err := cmd.Wait(); err != nil {
		return err
	}
	return to.WriteMessage(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseNormalClosure, ""))
}

func userLine(prompt string) map[string]any {
	return map[string]any{"type": "user", "message": map[string]string{"role": "user", "content": prompt}}
}
