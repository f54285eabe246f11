package claude

import (
	"bytes"
	"regexp"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// HeadSize is how much of a line is enough to know what it means, in bytes. The CLI writes
// the fields that matter first; only a long answer's text, which they precede, is longer.
const HeadSize = 64 << 10

// ResultSize is how much of a line is read that [Turn.Concerns] says yes to: what a result
// tells of usage and cost stands behind the answer. Of a longer line that is not known.
const ResultSize = 8 << 20

// Turn is what the lines of one turn have told so far.
type Turn struct {
	// Closely has it read what matters to a conversation too: UUID, Ask and Cancelled.
	Closely bool
	// Prompt is the uuid that the prompt was given, "" for none. A CLI that has had tasks in the
	// background may take turns because of their ends before it comes to the prompt, and also
	// when it continues the session of one that was ended: their results do not count.
	Prompt string
	// Began is set by system/init, with which the CLI begins a turn. A program that never
	// says it, such as one that prints plain text, is judged by its exit alone.
	Began bool
	// Session is the CLI's own id of the session, from system/init; a UUID, or empty.
	Session string
	// Result is the first result line, nil before it. A CLI with tasks in the background
	// takes more turns by itself when they end; nobody has asked for those.
	Result *Result
	// UUID is the CLI's own id of the last assistant line before the result, at which a copy of
	// the session can end; empty if there was none. What an agent that it has started says does not count.
	UUID string
	// Ask is the request for an approval, and Cancelled the id of a request that is taken back,
	// if the line read last is one; else nil and empty.
	Ask       *Ask
	Cancelled string

	repeated bool // the prompt was: the turn is its own
	notified bool // of the end of a task, before that
}

// Ask is a tool's call that the CLI makes only if it is allowed, see [Agent.Answer]. It waits
// for the answer as long as its stdin is open. When that ends, it tells the model that asking
// has failed, and goes on with the turn.
type Ask struct {
	RequestID string
	// Tool is empty, and Input nil, of a line that is longer than [ResultSize].
	Tool        string         `json:"tool_name"`
	Input       jsontext.Value `json:"input"` // as the CLI wrote it
	Description string         `json:"description"`
	// Suggestions is a list of rules by which such calls would not be asked for again.
	Suggestions jsontext.Value `json:"permission_suggestions"`
	Reason      string         `json:"decision_reason"`
	BlockedPath string         `json:"blocked_path"`
	ToolUseID   string         `json:"tool_use_id"`
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
	// Interrupted says that the turn was broken off.
	Interrupted bool
	// Usage and Turns is what the turn took. CostUSD and ModelUsage is what the process has
	// taken in its whole life, and what is broken off counts in these alone, if at all.
	Usage      Usage
	Turns      int64
	CostUSD    float64
	ModelUsage map[string]ModelUsage
}

// ModelUsage is what one model took. Its fields have other names than those of Usage.
type ModelUsage struct {
	Input         int64   `json:"inputTokens"`
	Output        int64   `json:"outputTokens"`
	CacheRead     int64   `json:"cacheReadInputTokens"`
	CacheCreation int64   `json:"cacheCreationInputTokens"`
	CostUSD       float64 `json:"costUSD"`
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

	assistantWord = []byte(`"assistant"`)
	controlWord   = []byte(`"control_`)
	assistantKind = []byte(`assistant"`)
	controlKind   = []byte(`control_`)
	userKind      = []byte(`user"`)
)

// Read takes the next line, or its first [HeadSize] bytes. Anything that it does not know
// or cannot parse is none of its business.
func (t *Turn) Read(head []byte) {
	t.Ask, t.Cancelled = nil, ""
	if !t.Concerns(head) {
		return
	}
	line := parse(head)
	switch line.kind {
	case "system":
		t.begin(line)
	case "user":
		t.repeated = t.repeated || t.Prompt != "" && line.uuid == t.Prompt
	case "result":
		t.end(line)
	default:
		if t.Closely && t.Result == nil { // what comes after it is nobody's turn
			t.readClosely(line)
		}
	}
}

// end reads a result line. The first one counts, unless it is that of a turn that nobody asked
// for: such a turn is told of before it begins.
func (t *Turn) end(line *line) {
	switch {
	case t.Result != nil:
	case t.notified && !t.repeated && !line.Interrupted && (t.Prompt != "" || line.empty()):
		t.notified, t.UUID = t.Prompt != "", ""
	default:
		t.Result = &line.Result
	}
}

// empty reports whether it is the result of a turn in which nothing was asked.
func (r *Result) empty() bool { return r.Turns == 0 && r.Text == "" && !r.IsError }

func (t *Turn) readClosely(line *line) {
	switch line.kind {
	case "assistant":
		if !line.nested && sessionPattern.MatchString(line.uuid) {
			t.UUID = line.uuid
		}
	case "control_request":
		t.Ask = line.ask()
	case "control_cancel_request":
		t.Cancelled = line.requestID
	}
}

// Concerns reports whether Read may know what to do with a line, or with its head. The CLI
// writes the type first, so that a glance is enough for nearly all lines; others are searched.
func (t *Turn) Concerns(head []byte) bool {
	if kind, ok := bytes.CutPrefix(head, typeFirst); ok {
		return bytes.HasPrefix(kind, resultKind) || !t.Began && bytes.HasPrefix(kind, systemKind) ||
			t.Closely && (bytes.HasPrefix(kind, assistantKind) || bytes.HasPrefix(kind, controlKind)) ||
			t.awaits() && (bytes.HasPrefix(kind, userKind) || bytes.HasPrefix(kind, systemKind))
	}
	return bytes.Contains(head, resultWord) || !t.Began && bytes.Contains(head, initWord) ||
		t.Closely && (bytes.Contains(head, assistantWord) || bytes.Contains(head, controlWord))
}

// awaits reports whether it is not known yet that the CLI has come to the prompt.
func (t *Turn) awaits() bool { return t.Prompt != "" && !t.repeated }

// begin reads a system line.
func (t *Turn) begin(line *line) {
	if line.Subtype == "task_notification" {
		t.notified = true
	}
	if line.Subtype != "init" || t.Began {
		return
	}
	t.Began = true
	if sessionPattern.MatchString(line.session) {
		t.Session = line.session
	}
}

// line is the fields of a line that mean something.
type line struct {
	kind, session, uuid, requestID string
	nested                         bool // said by an agent that a tool call has started
	request                        jsontext.Value
	Result
}

// ask returns the request for an approval, nil for any other request. One that is not known
// whole is taken for one: nothing else is as long.
func (l *line) ask() *Ask {
	if l.requestID == "" {
		return nil
	}
	asked := struct {
		Subtype string `json:"subtype"`
		Ask
	}{}
	if l.request == nil {
		return &Ask{RequestID: l.requestID}
	}
	err := json.Unmarshal(l.request, &asked, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	if err != nil || asked.Subtype != "can_use_tool" {
		return nil
	}
	asked.RequestID = l.requestID
	return &asked.Ask
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
		return readString(decoder, &l.kind) && slices.Contains(kinds, l.kind)
	case name == "subtype" && kind == '"':
		return readString(decoder, &l.Subtype)
	case name == "session_id" && kind == '"':
		return readString(decoder, &l.session)
	case name == "uuid" && kind == '"':
		return readString(decoder, &l.uuid)
	case name == "request_id" && kind == '"':
		return readString(decoder, &l.requestID)
	case name == "parent_tool_use_id" && kind == '"':
		l.nested = true
		return decoder.SkipValue() == nil
	case name == "request" && kind == '{':
		return l.readRequest(decoder)
	case name == "result" && kind == '"':
		return readString(decoder, &l.Text)
	case name == "errors" && kind == '[':
		return readValue(decoder, &l.Errors)
	case name == "usage" && kind == '{':
		return readValue(decoder, &l.Usage)
	case name == "total_cost_usd" && kind == '0':
		return readValue(decoder, &l.CostUSD)
	case name == "modelUsage" && kind == '{':
		return readValue(decoder, &l.ModelUsage)
	case name == "terminal_reason" && kind == '"':
		var why string
		more := readString(decoder, &why)
		l.Interrupted = strings.HasPrefix(why, "aborted_")
		return more
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

// kinds are the types of the lines that mean something.
var kinds = []string{"system", "result", "user", "assistant", "control_request", "control_cancel_request"}

// readRequest keeps a request as it was written.
func (l *line) readRequest(decoder *jsontext.Decoder) bool {
	value, err := decoder.ReadValue()
	if err == nil {
		l.request = value.Clone()
	}
	return err == nil
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
