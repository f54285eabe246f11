package main

import (
	"sync"

	"github.com/gofiber/contrib/websocket"
)

// room is the plain way to let many look at one run: every line is written to one socket
// after the other. Who comes late has missed what was said, and one who reads nothing holds
// up everybody.
type room struct {
	mu      sync.Mutex
	members []*websocket.Conn
}

// join keeps a socket in the room until its client leaves.
func (r *room) join(ws *websocket.Conn) {
	if err := ws.WriteMessage(websocket.TextMessage, []byte(infoFrame)); err != nil {
		return
	}
	r.mu.Lock()
	r.members = append(r.members, ws)
	r.mu.Unlock()
	_, _, _ = ws.ReadMessage()
}

// WriteMessage writes to all.
func (r *room) WriteMessage(kind int, data []byte) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, ws := range r.members {
		if err := ws.WriteMessage(kind, data); err != nil {
			return err
		}
	}
	return nil
}
