package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// answer performs the script that the request asks for, in the form it asks for.
func (s *Server) answer(w http.ResponseWriter, r *http.Request, req Request) {
	script := scriptFor(req)
	switch {
	case script.status != 0 && (!script.once || s.fails()):
		writeError(w, script.status)
	case req.Stream:
		s.stream(w, r, req.Model, script)
	default:
		writeWhole(w, req.Model, script)
	}
}

// writeError answers as the API does when it refuses or is overloaded.
func writeError(w http.ResponseWriter, status int) {
	kind := "invalid_request_error"
	if status == 529 {
		kind = "overloaded_error"
	} else if status >= 500 {
		kind = "api_error"
	}
	writeJSON(w, status, object{"type": "error", "error": object{"type": kind, "message": "scripted error"}})
}

// writeWhole answers a request that did not ask for a stream. The CLI sends one when
// a stream broke off.
func writeWhole(w http.ResponseWriter, model string, script script) {
	message, content := script.envelope(model), []object{}
	for _, block := range script.blocks {
		content = append(content, block.whole())
	}
	message["content"], message["stop_reason"] = content, script.stopReason()
	writeJSON(w, http.StatusOK, message)
}

func writeJSON(w http.ResponseWriter, status int, body object) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

type object = map[string]any

// envelope is an assistant message without content.
func (s script) envelope(model string) object {
	return object{
		"id": fmt.Sprintf("msg_%d", time.Now().UnixNano()), "type": "message", "role": "assistant", "model": model,
		"content": []object{}, "stop_reason": nil, "stop_sequence": nil,
		"usage": object{
			"input_tokens": s.input, "output_tokens": 1,
			"cache_read_input_tokens": CacheReadTokens, "cache_creation_input_tokens": CacheCreationTokens,
		},
	}
}

// What an answer is said to have taken, if its directives do not say. Its output tokens are the
// number of its deltas then.
const (
	InputTokens         = 12
	CacheReadTokens     = 7
	CacheCreationTokens = 5
)

// outputTokens is what an answer to its end has taken.
func (s script) outputTokens() int {
	if s.output > 0 {
		return s.output
	}
	n := 0
	for _, block := range s.blocks {
		n += max(len(block.parts), 1)
	}
	return n
}

func (s script) stopReason() string {
	if s.blocks[len(s.blocks)-1].kind == "tool_use" {
		return "tool_use"
	}
	return "end_turn"
}
