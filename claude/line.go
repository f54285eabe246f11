package claude

import (
	"bytes"
	"regexp"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// HeadSize is how much of a line is enough to know what it means, in bytes. The CLI writes
// the fields that matter first; only a long answer's text, which they precede, is longer.
const HeadSize = 64 << 10

// ResultSize is how much of a result line is read: what it tells of usage and cost stands
// behind the answer. Of a longer line that is not known.
const ResultSize = 8 << 20

// Turn is what the lines of one turn have told so far.
type Turn struct {
	// Began is set by system/init, with which the CLI begins a turn. A program that never
	// says it, such as one that prints plain text, is judged by its exit alone.
	Began bool
	// Session is the CLI's own id of the session, from system/init; a UUID, or empty.
	Session string
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
	// Errors is what went wrong with a turn that never came to an answer, for example that
	// there is no such session.
	Errors []string
	// Usage and the rest is what the turn took.
	Usage   Usage
	CostUSD float64
	Turns   int64
}

// Usage counts tokens as the API does.
type Usage struct {
	Input         int64 `json:"input_tokens"`
	Output        int64 `json:"output_tokens"`
	CacheRead     int64 `json:"cache_read_input_tokens"`
	CacheCreation int64 `json:"cache_creation_input_tokens"`
}

// sessionPattern is what a session id looks like. It goes into an argument later on.
var sessionPattern = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

// Words that every line of interest contains: looking for them is much cheaper than
// parsing, and nearly all lines have neither.
var (
	initWord   = []byte(`"init"`)
	resultWord = []byte(`"result"`)
	typeFirst  = []byte(`{"type":"`)
	systemKind = []byte(`system"`)
	resultKind = []byte(`result"`)
)

// Read takes the next line, or its first [HeadSize] bytes. Anything that it does not know
// or cannot parse is none of its business.
func (t *Turn) Read(head []byte) {
	if !t.Concerns(head) {
		return
	}
	line := parse(head)
	switch line.kind {
	case "system":
		t.begin(line)
	case "result":
		if t.Result == nil {
			t.Result = &line.Result
		}
	}
}

// Concerns reports whether Read may know what to do with a line, or with its head. The CLI
// writes the type first, so that a glance is enough for nearly all lines; others are searched.
func (t *Turn) Concerns(head []byte) bool {
	if kind, ok := bytes.CutPrefix(head, typeFirst); ok {
		return bytes.HasPrefix(kind, resultKind) || !t.Began && bytes.HasPrefix(kind, systemKind)
	}
	return bytes.Contains(head, resultWord) || !t.Began && bytes.Contains(head, initWord)
}

// begin reads a system line.
func (t *Turn) begin(line *line) {
	if line.Subtype != "init" || t.Began {
		return
	}
	t.Began = true
	if sessionPattern.MatchString(line.session) {
		t.Session = line.session
	}
}

// ReadWhole reads the first result again, from its first [ResultSize] bytes.
func (t *Turn) ReadWhole(head []byte) { t.Result = &parse(head).Result }

// line is the fields of a line that mean something.
type line struct {
	kind, session string
	Result
}

// parse reads the members of an object as far as they can be read: a head may be cut.
func parse(head []byte) *line {
	l := &line{}
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
	case name == "session_id" && kind == '"':
		return readString(decoder, &l.session)
	case name == "result" && kind == '"':
		return readString(decoder, &l.Text)
	case name == "errors" && kind == '[':
		return readValue(decoder, &l.Errors)
	case name == "usage" && kind == '{':
		return readValue(decoder, &l.Usage)
	case name == "total_cost_usd" && kind == '0':
		return readValue(decoder, &l.CostUSD)
	case name == "num_turns" && kind == '0':
		return readValue(decoder, &l.Turns)
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

// readValue reads a value as far as it fits, and reports whether to go on.
func readValue(decoder *jsontext.Decoder, to any) bool {
	value, err := decoder.ReadValue()
	if err == nil {
		_ = json.Unmarshal(value, to) // what does not fit is none of our business
	}
	return err == nil
}
