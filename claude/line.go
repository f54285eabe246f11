package claude

import (
	"bytes"

	"github.com/go-json-experiment/json/jsontext"
)

// HeadSize is how much of a line is enough to know what it means, in bytes. The CLI writes
// the fields that matter first; only a long answer's text, which they precede, is longer.
const HeadSize = 64 << 10

// Turn is what the lines of one turn have told so far.
type Turn struct {
	// Began is set by system/init, with which the CLI begins a turn. A program that never
	// says it, such as one that prints plain text, is judged by its exit alone.
	Began bool
	// Result is the first result line, nil before it. A CLI with tasks in the background
	// takes more turns by itself when they end; nobody has asked for those.
	Result *Result
}

// Result is what a result line says of a turn.
type Result struct {
	// IsError is what decides: an API failure has subtype "success" and is_error true.
	IsError bool
	Subtype string
	// Text is the answer, or what went wrong; empty if it did not fit the head.
	Text string
}

// Words that every line of interest contains: looking for them is much cheaper than
// parsing, and nearly all lines have neither.
var (
	initWord   = []byte(`"init"`)
	resultWord = []byte(`"result"`)
)

// Read takes the next line, or its first [HeadSize] bytes. Anything that it does not know
// or cannot parse is none of its business.
func (t *Turn) Read(head []byte) {
	if !bytes.Contains(head, resultWord) && (t.Began || !bytes.Contains(head, initWord)) {
		return
	}
	line := parse(head)
	switch line.kind {
	case "system":
		t.Began = t.Began || line.Subtype == "init"
	case "result":
		if t.Result == nil {
			t.Result = &line.Result
		}
	}
}

// line is the fields of a line that mean something.
type line struct {
	kind string
	Result
}

// parse reads the members of an object as far as they can be read: a head may be cut.
func parse(head []byte) line {
	var l line
	decoder := jsontext.NewDecoder(bytes.NewReader(head), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	if token, err := decoder.ReadToken(); err != nil || token.Kind() != '{' {
		return l
	}
	for decoder.PeekKind() == '"' {
		name, err := decoder.ReadToken()
		if err != nil || !l.readMember(name.String(), decoder) {
			break
		}
	}
	return l
}

// readMember reads the value of one member, and reports whether to go on.
func (l *line) readMember(name string, decoder *jsontext.Decoder) bool {
	kind := decoder.PeekKind()
	switch {
	case name == "type" && kind == '"':
		return readString(decoder, &l.kind) && (l.kind == "system" || l.kind == "result")
	case name == "subtype" && kind == '"':
		return readString(decoder, &l.Subtype)
	case name == "result" && kind == '"':
		return readString(decoder, &l.Text)
	case name == "is_error" && (kind == 't' || kind == 'f'):
		token, err := decoder.ReadToken()
		l.IsError = err == nil && token.Bool()
		return err == nil
	default:
		return decoder.SkipValue() == nil
	}
}

func readString(decoder *jsontext.Decoder, to *string) bool {
	token, err := decoder.ReadToken()
	if err == nil {
		*to = token.String()
	}
	return err == nil
}
