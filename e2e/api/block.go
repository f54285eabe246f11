package api

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync/atomic"
)

// block is one content block of an answer.
type block struct {
	kind  string   // text, thinking or tool_use
	parts []string // of a text or a thought, delta by delta
	tool  string   // that is called, with this
	input object
}

// bash is a call of the Bash tool, as a background task of the CLI or not.
func bash(command string, background bool) block {
	return block{kind: "tool_use", tool: "Bash", input: object{
		"command": command, "description": "Run the scripted command", "run_in_background": background,
	}}
}

// calls counts the tool calls: each has an id of its own, in one answer too.
var calls atomic.Int64

// start is the block as content_block_start has it: empty, its content follows.
func (b block) start() object {
	switch b.kind {
	case "thinking":
		return object{"type": "thinking", "thinking": "", "signature": ""}
	case "tool_use":
		return object{"type": "tool_use", "id": fmt.Sprintf("toolu_%06d", calls.Add(1)), "name": b.tool, "input": object{}}
	}
	return object{"type": "text", "text": ""}
}

// whole is the block for an answer that is no stream.
func (b block) whole() object {
	whole := b.start()
	switch b.kind {
	case "thinking":
		whole["thinking"], whole["signature"] = strings.Join(b.parts, ""), signature
	case "tool_use":
		whole["input"] = b.input
	default:
		whole["text"] = strings.Join(b.parts, "")
	}
	return whole
}

// signature stands for the one by which the API knows a thought of its own again.
const signature = "c2lnbmVk"

// deltas are the block's content, piece by piece.
func (b block) deltas() (deltas []object) {
	switch b.kind {
	case "thinking":
		for _, part := range b.parts {
			deltas = append(deltas, object{"type": "thinking_delta", "thinking": part})
		}
		return append(deltas, object{"type": "signature_delta", "signature": signature})
	case "tool_use":
		input, _ := json.Marshal(b.input)
		return []object{{"type": "input_json_delta", "partial_json": string(input)}}
	}
	for _, part := range b.parts {
		deltas = append(deltas, object{"type": "text_delta", "text": part})
	}
	return deltas
}
