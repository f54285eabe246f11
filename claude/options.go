package claude

import (
	"cmp"
	"strings"

	"github.com/go-json-experiment/json"
)

// Options is what the operator decides about every run. No client can change it.
type Options struct {
	// TrustWorkspace loads the working directory's .claude settings and .mcp.json. They
	// run commands at start, unasked, and may redirect the API with its key.
	TrustWorkspace bool
	// AllowSlashCommands lets a prompt that starts with / be a command of the CLI.
	AllowSlashCommands bool
	// AllowAttachments lets @path in a prompt attach that file.
	AllowAttachments bool
	// PermissionMode, AllowedTools and Model are the CLI's own; empty is its default.
	PermissionMode string
	AllowedTools   []string
	Model          string
}

// Wishes is what a client asks for, of what the operator allows.
type Wishes struct {
	// Partial asks for the answer token by token.
	Partial bool
	// Model is used instead of the operator's, unless it is empty.
	Model string
	// Session is the CLI's own id of a session that is continued, in a copy: any number
	// of runs may go on from the same one. Empty begins a new one.
	Session string
}

// Args returns the CLI's arguments. Nothing that a client wrote is among them but the name
// of an allowed model, and every value stands behind an equals sign, so that none is taken
// for a flag.
func (o Options) Args(w Wishes) []string {
	args := []string{"-p", "--input-format=stream-json", "--output-format=stream-json", "--verbose"}
	if w.Partial {
		args = append(args, "--include-partial-messages")
	}
	if !o.TrustWorkspace {
		args = append(args, "--setting-sources=user", "--strict-mcp-config")
	}
	if o.PermissionMode != "" {
		args = append(args, "--permission-mode="+o.PermissionMode)
	}
	if len(o.AllowedTools) > 0 {
		args = append(args, "--allowed-tools="+strings.Join(o.AllowedTools, ","))
	}
	if model := cmp.Or(w.Model, o.Model); model != "" {
		args = append(args, "--model="+model)
	}
	if w.Session != "" {
		args = append(args, "--resume="+w.Session, "--fork-session")
	}
	return args
}

// userLine is one turn on the CLI's stdin.
type userLine struct {
	Type            string      `json:"type"`
	Message         userMessage `json:"message"`
	ParentToolUseID *string     `json:"parent_tool_use_id"`
	SessionID       string      `json:"session_id"`
}

type userMessage struct {
	Role    string `json:"role"`
	Content any    `json:"content"`
}

type textBlock struct {
	Type string `json:"type"`
	Text string `json:"text"`
}

// PromptLine returns the stdin line, newline included, that gives the prompt to the CLI.
// The CLI looks for a leading slash and for @path in the last text block alone, and drops
// an empty one before it asks the model: behind an empty block a prompt is data, and the
// model sees it byte for byte.
func (o Options) PromptLine(prompt string) []byte {
	var content any = []textBlock{{"text", prompt}, {"text", ""}}
	if o.asCommand(prompt) {
		content = prompt
	}
	line, err := json.Marshal(userLine{Type: "user", Message: userMessage{"user", content}, SessionID: "default"})
	if err != nil {
		panic("claude: encode prompt: " + err.Error()) // prompts are valid UTF-8
	}
	return append(line, '\n')
}

// interruptLine is the stdin line that makes the CLI break off its turn. It answers with
// what there is of an answer, and a result that is an error.
const interruptLine = `{"type":"control_request","request_id":"interrupt","request":{"subtype":"interrupt"}}` + "\n"

// asCommand reports whether the CLI may look for what it looks for in this prompt: a
// command behind a slash, which must be the very first byte, or attachments.
func (o Options) asCommand(prompt string) bool {
	if strings.HasPrefix(prompt, "/") {
		return o.AllowSlashCommands
	}
	return o.AllowAttachments
}
