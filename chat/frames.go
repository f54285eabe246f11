package chat

import (
	"bytes"
	"strings"

	"spool/schema"
)

// frames turns one line of the CLI's stdout into the frames that it stands for. It is pure: the
// same line gives the same frames, whenever it is read again. The caller adds what it alone knows:
// id, seq, session, run, time and line.
//
// A line that means nothing to a person gives none, and neither does one of a kind that is not
// known: the CLI gets new ones with every version. What is not JSON at all is shown as it is.
func frames(line []byte) []schema.ChatFrame {
	m, ok := readMembers(line)
	if !ok {
		return plainFrames(line)
	}
	t := &translation{line: m, size: int64(len(line))}
	switch m.text("type") {
	case "assistant":
		t.said()
	case "user":
		t.heard()
	case "stream_event":
		t.streamed(m.object("event"))
	case "system":
		t.noted()
	case "control_request":
		t.asked(m.object("request"))
	case "control_cancel_request":
		t.add(schema.ChatFrame{Kind: schema.KindPermissionCancelled, RequestID: m.text("request_id"), Reason: "cancelled"})
	}
	return t.frames
}

// plainFrames shows what a program prints that does not speak the CLI's language.
func plainFrames(line []byte) []schema.ChatFrame {
	text := strings.ToValidUTF8(string(bytes.TrimSpace(line)), "\uFFFD")
	if text == "" {
		return nil
	}
	t := &translation{size: int64(len(line))}
	t.add(schema.ChatFrame{Kind: schema.KindStatus, Text: text})
	return t.frames
}

// translation is a line on its way to frames.
type translation struct {
	line   members
	size   int64
	frames []schema.ChatFrame
}

// maxFrames bounds what one line gives. The CLI writes a line for each block, or a few in one.
const maxFrames = 1000

// add takes a frame, within the bounds of its texts. The last one of too many says that there are
// more.
func (t *translation) add(f schema.ChatFrame) {
	if len(t.frames) == maxFrames {
		t.frames[maxFrames-1].Cut = &schema.Cut{Bytes: t.size}
		return
	}
	f.ParentToolID = t.line.text("parent_tool_use_id")
	if bound(&f) {
		f.Cut = &schema.Cut{Bytes: t.size}
	}
	t.frames = append(t.frames, f)
}

// said takes the blocks of an assistant's message. One without text is none: a model may keep its
// thinking to itself.
func (t *translation) said() {
	for _, block := range t.line.object("message").blocks("content") {
		switch kindOf(block) {
		case "text":
			t.addText(schema.ChatFrame{Kind: schema.KindText, Role: "assistant", Content: block.text("text")})
		case "thinking":
			t.addText(schema.ChatFrame{Kind: schema.KindThinking, Content: block.text("thinking")})
		case "tool_use":
			t.add(schema.ChatFrame{
				Kind: schema.KindToolUse, ToolID: block.text("id"), ToolName: block.text("name"), ToolInput: block["input"],
			})
		}
	}
}

// kindOf is a block's type. Of one that was cut in the middle the type, which the CLI writes last,
// is told by what it has.
func kindOf(block members) string {
	if kind := block.text("type"); kind != "" {
		return kind
	}
	switch {
	case block["text"] != nil:
		return "text"
	case block["thinking"] != nil:
		return "thinking"
	case block["tool_use_id"] != nil:
		return "tool_result"
	case block["input"] != nil:
		return "tool_use"
	}
	return ""
}

// heard takes the blocks of a message to the model: what tools have answered, and what the CLI says
// of its own. A user's words come from the server, which has them first.
func (t *translation) heard() {
	for _, block := range t.line.object("message").blocks("content") {
		switch kindOf(block) {
		case "tool_result":
			result := &schema.ToolResult{Content: block.plain("content"), IsError: block.flag("is_error")}
			t.add(schema.ChatFrame{Kind: schema.KindToolResult, ToolID: block.text("tool_use_id"), ToolResult: result})
		case "text":
			t.told(block.text("text"))
		}
	}
}

// What the CLI prints of a command of its own stands between these.
const commandBegins, commandEnds = "<local-command-stdout>", "</local-command-stdout>"

// told takes a text to the model: the CLI's own words, or what an agent that it starts is told to do. What is
// repeated, and what is only for the model (a skill's text), is nothing new to a person.
func (t *translation) told(text string) {
	output, isOutput := strings.CutPrefix(text, commandBegins)
	switch {
	case isOutput:
		t.addText(schema.ChatFrame{Kind: schema.KindStatus, Text: strings.TrimSuffix(output, commandEnds)})
	case t.line.flag("isSynthetic") || t.line.flag("isReplay"):
	case t.line.text("parent_tool_use_id") != "":
		t.addText(schema.ChatFrame{Kind: schema.KindText, Role: "user", Content: text})
	default:
		t.addText(schema.ChatFrame{Kind: schema.KindStatus, Text: text})
	}
}

// addText adds a frame that is nothing without its text.
func (t *translation) addText(f schema.ChatFrame) {
	if f.Content != "" || f.Text != "" || f.Kind == schema.KindStatus && f.Status != "" {
		t.add(f)
	}
}
