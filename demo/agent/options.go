package agent

import (
	"slices"
	"strings"
)

// options are the CLI flags that change what the stand-in does.
type options struct {
	version        bool
	partial        bool // also print stream_event lines
	asks           bool // approvals over stdio: --permission-prompt-tool=stdio
	fork           bool // continue in a copy of the session
	permissionMode string
	model          string
	resume         string // the session to continue
	resumeAt       string // the uuid of its last message that counts
	allowed        []string
}

// parse never fails: the stand-in must start with any argv that is fit for
// the real CLI, today's and tomorrow's. A value stands behind an equals sign,
// or is the next argument.
func parse(args []string) options {
	opts := options{permissionMode: "default"}
	for i, arg := range args {
		name, value, given := strings.Cut(arg, "=")
		if !given && i+1 < len(args) && !strings.HasPrefix(args[i+1], "-") {
			value = args[i+1]
		}
		opts.set(name, value)
	}
	return opts
}

func (o *options) set(name, value string) {
	switch name {
	case "--version", "-v":
		o.version = true
	case "--include-partial-messages":
		o.partial = true
	case "--fork-session":
		o.fork = true
	case "--permission-prompt-tool":
		o.asks = value == "stdio"
	case "--permission-mode":
		if value != "" {
			o.permissionMode = value
		}
	case "--model":
		o.model = value
	case "--resume", "-r":
		o.resume = value
	case "--resume-session-at":
		o.resumeAt = value
	case "--allowed-tools", "--allowedTools":
		o.allowed = strings.FieldsFunc(value, func(r rune) bool { return r == ',' || r == ' ' })
	}
}

// allows says whether a tool may be used without asking.
func (o *options) allows(tool string) bool { return slices.Contains(o.allowed, tool) }
