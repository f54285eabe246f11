package claude

import (
	"cmp"
	"strconv"
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
	// DenyTools are taken away from the agent.
	DenyTools []string
}

// Wishes is what a client asks for, of what the operator allows. It can be compared: equal
// wishes are served by the same kind of process.
type Wishes struct {
	// Partial asks for the answer token by token.
	Partial bool
	// Model is used instead of the operator's, unless it is empty.
	Model string
	// Session is the CLI's own id of a session that is continued. Empty begins a new one.
	Session string
	// Fork continues a copy of it: any number of runs may go on from the same one.
	Fork bool
	// At ends that copy at the assistant line of this uuid; empty is at its end.
	At string
	// Approvals has the CLI ask on stdout before it uses a tool, see [Ask].
	Approvals bool
	// PermissionMode is used instead of the operator's, unless it is empty. The CLI takes any
	// word for one, so that who lets others choose must know the modes.
	PermissionMode string
	// Effort is how much the model thinks. The CLI ignores a word that it does not know.
	Effort string
	// MaxBudgetUSD is what a process may spend over its life; 0 is no limit. The turn that goes
	// beyond it, and every later one, ends with the subtype error_max_budget_usd.
	MaxBudgetUSD float64
	// System is added to the CLI's own system prompt.
	System string
	// Turns is for a process that may take several prompts. It repeats each on stdout when it
	// begins with it, so that the turns that it takes by itself can be told apart.
	Turns bool
	// Dir is the working directory, relative to the workspace; empty is the workspace itself.
	Dir string
}

// Args returns the CLI's arguments. Nothing that a client wrote is among them but what it may
// choose by name, and every value stands behind an equals sign, so that none is taken for a flag.
func (o Options) Args(w Wishes) []string {
	args := []string{"-p", "--input-format=stream-json", "--output-format=stream-json", "--verbose"}
	if w.Partial {
		args = append(args, "--include-partial-messages")
	}
	if !o.TrustWorkspace {
		args = append(args, "--setting-sources=user", "--strict-mcp-config")
	}
	for _, flag := range []struct{ name, value string }{
		{"permission-mode", cmp.Or(w.PermissionMode, o.PermissionMode)},
		{"allowed-tools", strings.Join(o.AllowedTools, ",")},
		{"disallowed-tools", strings.Join(o.DenyTools, ",")},
		{"model", cmp.Or(w.Model, o.Model)},
		{"effort", w.Effort},
		{"resume", w.Session},
	} {
		if flag.value != "" {
			args = append(args, "--"+flag.name+"="+flag.value)
		}
	}
	return append(args, w.switches()...)
}

// switches returns the arguments that are no mere texts.
func (w Wishes) switches() (args []string) {
	if w.Turns {
		args = append(args, "--replay-user-messages")
	}
	if w.Approvals {
		args = append(args, "--permission-prompt-tool=stdio")
	}
	if w.MaxBudgetUSD > 0 {
		args = append(args, "--max-budget-usd="+strconv.FormatFloat(w.MaxBudgetUSD, 'f', -1, 64))
	}
	if w.Session == "" || !w.Fork {
		return args
	}
	args = append(args, "--fork-session")
	if w.At != "" {
		args = append(args, "--resume-session-at="+w.At)
	}
	return args
}

// userLine is one turn on the CLI's stdin.
type userLine struct {
	Type            string      `json:"type"`
	UUID            string      `json:"uuid,omitempty"`
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
// model sees it byte for byte. The uuid, which may be empty, is what the CLI's own line about
// the prompt has: it must be new.
func (o Options) PromptLine(prompt, uuid string) []byte {
	var content any = []textBlock{{"text", prompt}, {"text", ""}}
	if o.asCommand(prompt) {
		content = prompt
	}
	line, err := json.Marshal(userLine{Type: "user", UUID: uuid, Message: userMessage{"user", content}, SessionID: "default"})
	if err != nil {
		panic("claude: encode prompt: " + err.Error()) // prompts are valid UTF-8
	}
	return append(line, '\n')
}

// asCommand reports whether the CLI may look for what it looks for in this prompt: a
// command behind a slash, which must be the very first byte, or attachments.
func (o Options) asCommand(prompt string) bool {
	if strings.HasPrefix(prompt, "/") {
		return o.AllowSlashCommands
	}
	return o.AllowAttachments
}
