package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// stream answers with server-sent events, in the order in which the API sends them.
func (s *Server) stream(w http.ResponseWriter, r *http.Request, model string, script script) {
	w.Header().Set("Content-Type", "text/event-stream")
	send := func(kind string, fields object) {
		fields["type"] = kind
		data, _ := json.Marshal(fields)
		_, _ = fmt.Fprintf(w, "event: %s\ndata: %s\n\n", kind, data)
		_ = http.NewResponseController(w).Flush()
	}
	send("message_start", object{"message": script.envelope(model)})
	for i, block := range script.blocks {
		send("content_block_start", object{"index": i, "content_block": block.start()})
		if !s.deltas(r.Context(), script, block, func(delta object) {
			send("content_block_delta", object{"index": i, "delta": delta})
		}) {
			return
		}
		send("content_block_stop", object{"index": i})
	}
	send("message_delta", object{"delta": object{"stop_reason": script.stopReason()}, "usage": object{"output_tokens": script.outputTokens()}})
	send("message_stop", object{})
}

// deltas sends the block's content piece by piece; false says that the client left.
// Only a text has a pace and a place to stop.
func (s *Server) deltas(ctx context.Context, script script, block block, send func(object)) bool {
	for i, delta := range block.deltas() {
		send(delta)
		if block.kind != "text" {
			continue
		}
		if script.cut {
			panic(http.ErrAbortHandler) // net/http's way to break a connection
		}
		if script.hold == i+1 && !wait(ctx, s.held) {
			return false
		}
		if script.pace > 0 && !wait(ctx, time.After(script.pace)) {
			return false
		}
	}
	return true
}

// wait is false when the client left first.
func wait[T any](ctx context.Context, event <-chan T) bool {
	select {
	case <-event:
		return true
	case <-ctx.Done():
		return false
	}
}
