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
	start := script.block("")
	if script.bash != "" {
		start["input"] = object{} // the input follows in a delta
	}
	send("message_start", object{"message": envelope(model)})
	send("content_block_start", object{"index": 0, "content_block": start})
	if !s.deltas(r.Context(), script, func(delta object) {
		send("content_block_delta", object{"index": 0, "delta": delta})
	}) {
		return
	}
	send("content_block_stop", object{"index": 0})
	send("message_delta", object{"delta": object{"stop_reason": script.stopReason()}, "usage": object{"output_tokens": script.outputTokens()}})
	send("message_stop", object{})
}

// deltas sends the block's content piece by piece; false says that the client left.
func (s *Server) deltas(ctx context.Context, script script, send func(object)) bool {
	if script.bash != "" {
		input, _ := json.Marshal(script.input())
		send(object{"type": "input_json_delta", "partial_json": string(input)})
		return true
	}
	for i, part := range script.parts {
		send(object{"type": "text_delta", "text": part})
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
