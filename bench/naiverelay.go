package main

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"os/exec"
	"time"

	"github.com/fasthttp/websocket"
)

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
	return relayRun(ctx, exec.CommandContext(ctx, agent[0], agent[1:]...), payload.Prompt, to)
}

// relayRun runs the agent to its end.
func relayRun(ctx context.Context, cmd *exec.Cmd, prompt string, to writer) error {
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := startWith(cmd, prompt); err != nil {
		return err
	}
	writeLines(to, stdout)
	err = cmd.Wait()
	if ctx.Err() != nil {
		return nil // the client has left
	}
	if err != nil {
		return err
	}
	return to.WriteMessage(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseNormalClosure, ""))
}

// writeLines does what everybody does first: it stops at a line of 64 KiB, and says nothing.
func writeLines(to writer, stdout io.Reader) {
	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		if err := to.WriteMessage(websocket.TextMessage, lines.Bytes()); err != nil {
			return
		}
	}
}

// startWith starts the agent and gives it its prompt, and nothing after that.
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
