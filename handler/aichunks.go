package handler

import (
	"cmp"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"

	"spool/schema"
)

// chunks turns the frames of one run into the SDK's chunks. What a nested agent says stays within
// its tool call.
type chunks struct {
	begun    begun
	started  bool
	blocks   int    // that were begun
	open     string // the kind of the one that is open, "" for none …
	streamed int    // … and how much of it was told, in bytes
	tools    map[string]bool
	asked    map[string]permission
	out      []chunk
}

func newChunks(run, conversation string) *chunks {
	return &chunks{begun: begun{run, conversation}, tools: map[string]bool{}, asked: map[string]permission{}}
}

// of returns the chunks of a frame.
func (c *chunks) of(f schema.ChatFrame) []chunk {
	c.out = nil
	if !c.started {
		c.started = true
		c.add(chunk{Type: "start", MessageID: c.begun.Run, Metadata: c.begun})
	}
	if f.ParentToolID == "" {
		c.take(f)
	}
	return c.out
}

func (c *chunks) add(one chunk) { c.out = append(c.out, one) }

func (c *chunks) take(f schema.ChatFrame) {
	switch f.Kind {
	case schema.KindStreamDelta:
		c.grow(kindOfBlock(f), f.Content)
	case schema.KindText, schema.KindThinking:
		if f.Role != schema.RoleUser {
			c.whole(kindOfBlock(f), f.Content)
		}
	case schema.KindToolUse:
		c.call(f)
	case schema.KindToolResult:
		c.result(f)
	case schema.KindPermissionRequest, schema.KindPermissionCancelled:
		c.permit(f)
	case schema.KindStatus:
		c.add(chunk{Type: "data-status", Transient: true, Data: note{f.Status, f.Text, f.Position, f.InSeconds}})
	case schema.KindComplete:
		c.end(f)
	}
}

func kindOfBlock(f schema.ChatFrame) string {
	if f.Kind == schema.KindThinking || f.Kind == schema.KindStreamDelta && f.Status == "thinking" {
		return "reasoning"
	}
	return "text"
}

// grow adds to a block, which begins with that if there is none of its kind.
func (c *chunks) grow(kind, text string) {
	if c.open != kind {
		c.shut()
		c.blocks++
		c.open, c.streamed = kind, 0
		c.add(chunk{Type: kind + "-start", ID: c.block()})
	}
	if text != "" {
		c.streamed += len(text)
		c.add(chunk{Type: kind + "-delta", ID: c.block(), Delta: text})
	}
}

// whole ends a block of which all is known. Most of it was told while it was written.
func (c *chunks) whole(kind, text string) {
	if c.open == kind {
		text = text[min(c.streamed, len(text)):]
	}
	c.grow(kind, text)
	c.shut()
}

// shut ends the block that is open.
func (c *chunks) shut() {
	if c.open != "" {
		c.add(chunk{Type: c.open + "-end", ID: c.block()})
		c.open = ""
	}
}

func (c *chunks) block() string { return strconv.Itoa(c.blocks) }

func (c *chunks) call(f schema.ChatFrame) {
	c.shut()
	if f.ToolInput == nil {
		f.ToolInput = jsontext.Value("null")
	}
	c.tools[f.ToolID] = true
	c.add(chunk{
		Type: "tool-input-available", ToolCallID: f.ToolID, ToolName: f.ToolName, Input: f.ToolInput, Executed: true, Dynamic: true,
	})
}

// result tells what a tool has answered. The SDK fails at an answer to a call that it does not
// know.
func (c *chunks) result(f schema.ChatFrame) {
	switch {
	case !c.tools[f.ToolID] || f.ToolResult == nil:
	case f.ToolResult.IsError:
		c.add(chunk{Type: "tool-output-error", ToolCallID: f.ToolID, ErrorText: cmp.Or(f.ToolResult.Content, "the tool has failed"), Executed: true, Dynamic: true})
	default:
		c.add(chunk{Type: "tool-output-available", ToolCallID: f.ToolID, Output: &f.ToolResult.Content, Executed: true, Dynamic: true})
	}
}

// permit tells of a request for an approval, or what has become of it.
func (c *chunks) permit(f schema.ChatFrame) {
	p := permission{f.RequestID, f.ToolName, f.Input, f.Context, string(schema.ApprovalPending)}
	if f.Kind == schema.KindPermissionCancelled {
		p = c.asked[f.RequestID]
		p.RequestID, p.State = f.RequestID, f.Reason
	}
	c.asked[f.RequestID] = p
	c.add(chunk{Type: "data-permission", ID: f.RequestID, Data: p})
}

func (c *chunks) end(f schema.ChatFrame) {
	c.shut()
	end := f.Completion
	if end == nil {
		end = &schema.Completion{}
	}
	switch {
	case end.Aborted:
		c.add(chunk{Type: "abort"})
	case !end.Success:
		c.add(chunk{Type: "error", ErrorText: cmp.Or(end.Error, "the run has failed")})
	}
	c.add(chunk{Type: "finish", Metadata: ended{c.begun, end.State, end.Head, end.Usage, end.CostUSD}})
}
