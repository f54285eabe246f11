package chat

import (
	"bytes"
	"cmp"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"spool/schema"
)

// cutFrame is the one frame for a line that is too long to be read ([schema.MaxParsedBytes]): what
// its head tells. size is the whole line's, in bytes.
func cutFrame(head []byte, size int64) schema.ChatFrame {
	f := headFrame(head, size)
	f.ToolInput, f.Input = nil, nil // what there is of them may be cut
	if f.Context != nil {
		f.Context.Suggestions = nil
	}
	f.Cut = &schema.Cut{Bytes: size}
	return f
}

// headFrame is the first frame of what there is of a line, or says what kind of a line it was.
func headFrame(head []byte, size int64) schema.ChatFrame {
	whole := completed(head)
	m, _ := readMembers(whole)
	if len(m) == 0 {
		whole = head // a text that only begins like JSON
	}
	if found := frames(whole); len(found) > 0 {
		return found[0]
	}
	t := &translation{line: m}
	t.add(silentFrame(m.text("type"), size))
	return t.frames[0]
}

// silentFrame is for a line whose head tells nothing but its type.
func silentFrame(kind string, size int64) schema.ChatFrame {
	switch kind {
	case "assistant":
		return schema.ChatFrame{Kind: schema.KindText, Role: "assistant"}
	case "user":
		return schema.ChatFrame{Kind: schema.KindToolResult, ToolResult: &schema.ToolResult{}}
	}
	return schema.ChatFrame{Kind: schema.KindStatus, Text: fmt.Sprintf("A line of %d bytes is not shown (type: %s)", size, cmp.Or(kind, "unknown"))}
}

// completed is the head of a JSON value with what it takes to be one: a text that was cut ends
// where the head does, and what was open is closed.
func completed(head []byte) []byte {
	var whole bytes.Buffer
	in, out := jsontext.NewDecoder(bytes.NewReader(head), lenient), jsontext.NewEncoder(&whole, lenient)
	for {
		token, err := in.ReadToken()
		if err != nil || out.WriteToken(token) != nil {
			break
		}
	}
	complete(out, bytes.TrimLeft(head[in.InputOffset():], " \t\r\n:,"))
	return whole.Bytes()
}

// complete writes what there is of the next value, if one must come, and closes what is open.
func complete(out *jsontext.Encoder, rest []byte) {
	if kind, n := out.StackIndex(out.StackDepth()); kind == '{' && n%2 == 1 {
		_ = out.WriteToken(begunText(rest))
	}
	for out.StackDepth() > 0 {
		end := jsontext.EndArray
		if kind, _ := out.StackIndex(out.StackDepth()); kind == '{' {
			end = jsontext.EndObject
		}
		if out.WriteToken(end) != nil {
			return
		}
	}
}

// longestEscape is the length of an escaped character that takes two escapes: 😀.
const longestEscape = 12

// begunText is a string that was cut, without the character that it was cut in; null if what has
// begun is anything else.
func begunText(rest []byte) jsontext.Token {
	if len(rest) == 0 || rest[0] != '"' {
		return jsontext.Null
	}
	var text string
	for n := len(rest); n > 0 && n > len(rest)-longestEscape; n-- {
		if quoted := append(bytes.Clone(rest[:n]), '"'); json.Unmarshal(quoted, &text, lenient) == nil {
			break
		}
	}
	return jsontext.String(strings.TrimRight(text, "\uFFFD"))
}
