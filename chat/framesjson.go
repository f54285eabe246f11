package chat

import (
	"errors"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"spool/schema"
)

// lenient reads JSON as JavaScript does, in which the CLI is written: the last of two members with
// one name counts. Bytes that are no UTF-8 become U+FFFD.
var lenient = json.JoinOptions(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))

// lastCounts forgets the first of two members with one name; else the second would be read into it.
var lastCounts = json.WithUnmarshalers(json.UnmarshalFromFunc(func(_ *jsontext.Decoder, v *any) error {
	*v = nil
	return errors.ErrUnsupported
}))

// members is a JSON object whose members are read as what they are hoped to be, and are the zero
// value if they are anything else: nobody has promised the shape of a line.
type members map[string]jsontext.Value

// readMembers is false for what is not one JSON object.
func readMembers(value []byte) (members, bool) {
	var m members
	err := json.Unmarshal(value, &m, lenient)
	return m, err == nil && m != nil
}

// read decodes a member, if there is one that fits.
func read[T any](m members, name string) T {
	var v, none T
	if value, ok := m[name]; !ok || json.Unmarshal(value, &v, lenient) != nil {
		return none
	}
	return v
}

func (m members) text(name string) string    { return read[string](m, name) }
func (m members) flag(name string) bool      { return read[bool](m, name) }
func (m members) number(name string) float64 { return read[float64](m, name) }
func (m members) object(name string) members { return read[members](m, name) }

// blocks are the parts of a message or of a tool's answer; a string is one of them.
func (m members) blocks(name string) []members {
	if value := m[name]; value.Kind() == '"' {
		return []members{{"type": jsontext.Value(`"text"`), "text": value}}
	}
	var blocks []members
	for _, value := range read[[]jsontext.Value](m, name) {
		if block, ok := readMembers(value); ok {
			blocks = append(blocks, block)
		}
	}
	return blocks
}

// plain is content as text alone: of an image, for example, it only says that there is one.
func (m members) plain(name string) string {
	var parts []string
	for _, block := range m.blocks(name) {
		if kind := kindOf(block); kind == "text" {
			parts = append(parts, block.text("text"))
		} else {
			parts = append(parts, "["+kind+"]")
		}
	}
	return strings.Join(parts, "\n")
}

// bound keeps every text of a frame within [schema.MaxFieldBytes], and reports whether it had to.
func bound(f *schema.ChatFrame) (cut bool) {
	texts := []*string{&f.Content, &f.Text, &f.Status, &f.ToolID, &f.ToolName, &f.ParentToolID, &f.RequestID}
	values := []*jsontext.Value{&f.ToolInput, &f.Input}
	if f.ToolResult != nil {
		texts = append(texts, &f.ToolResult.Content)
	}
	if c := f.Context; c != nil {
		texts, values = append(texts, &c.Description, &c.Reason, &c.BlockedPath, &c.ToolUseID), append(values, &c.Suggestions)
	}
	for _, text := range texts {
		cut = boundText(text) || cut
	}
	for _, value := range values {
		cut = boundValue(value) || cut
	}
	return cut
}

// boundText copies what it keeps, so that the rest of a long line can go.
func boundText(text *string) (cut bool) {
	if cut = len(*text) > schema.MaxFieldBytes; cut {
		*text = strings.Clone(schema.Truncate(*text, schema.MaxFieldBytes))
	}
	return cut
}

// boundValue leaves out what is too long: half of a JSON value is none. One that strict readers
// would refuse is written again, as JavaScript has understood it.
func boundValue(value *jsontext.Value) (cut bool) {
	if value.Kind() == 'n' {
		*value = nil
	}
	if *value == nil || len(*value) <= schema.MaxFieldBytes && value.IsValid() {
		return false
	}
	var v any
	err := json.Unmarshal(*value, &v, lenient, lastCounts)
	if err == nil {
		*value, err = json.Marshal(v, json.Deterministic(true))
	}
	if cut = err != nil || len(*value) > schema.MaxFieldBytes; cut {
		*value = nil
	}
	return cut
}
