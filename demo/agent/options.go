package agent

import "strings"

// options are the CLI flags that change what the stand-in prints.
type options struct {
	version        bool
	partial        bool   // also print stream_event lines
	permissionMode string // only echoed in system/init
}

// parse never fails: the stand-in must start with any argv that is fit for
// the real CLI, today's and tomorrow's.
func parse(args []string) options {
	opts := options{permissionMode: "default"}
	for _, arg := range args {
		name, value, _ := strings.Cut(arg, "=")
		switch name {
		case "--version", "-v":
			opts.version = true
		case "--include-partial-messages":
			opts.partial = true
		case "--permission-mode":
			if value != "" {
				opts.permissionMode = value
			}
		}
	}
	return opts
}
