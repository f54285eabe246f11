package claude

import (
	"slices"
	"strings"
)

// allowedVariables is what of the server's environment the CLI gets: what it needs to run, to find its login
// and configuration, and to reach its API. A trailing * stands for any ending, a leading
// one for any beginning. Everything else stays with the server.
var allowedVariables = []string{
	"PATH", "HOME", "USER", "LANG", "LC_*", "TZ", "TERM", "TMPDIR", "SHELL",
	"XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR",
	"ANTHROPIC_*", "CLAUDE_*", "DISABLE_*",
	"AWS_*", "GOOGLE_*", "CLOUD_ML_*", "VERTEX_*",
	"*_PROXY", "*_proxy", "SSL_CERT_*", "NODE_EXTRA_CA_CERTS",
}

// Settings of the CLI that are ours to decide, not the environment's.
const (
	// noAttachments makes the CLI leave @path in a prompt alone.
	noAttachments = "CLAUDE_CODE_DISABLE_ATTACHMENTS"
	// noGit keeps the CLI from asking git for the working directory's state at every
	// prompt: git runs the commands that a repository's own configuration names.
	noGit = "CLAUDE_CODE_DISABLE_GIT_INSTRUCTIONS"
)

// Environment returns what of environ (NAME=value each) the CLI gets, and our settings; more
// names besides the fixed list may be allowed.
func (o Options) Environment(environ, more []string) []string {
	allowed := slices.Concat(allowedVariables, more)
	var kept []string
	for _, variable := range environ {
		name, _, _ := strings.Cut(variable, "=")
		if matchesAny(name, allowed) && name != noAttachments && name != noGit {
			kept = append(kept, variable)
		}
	}
	return append(kept, o.settings()...)
}

// settings returns the variables that we set.
func (o Options) settings() (set []string) {
	if !o.TrustWorkspace {
		set = append(set, noGit+"=1")
	}
	// Elsewhere an empty text block does the same and keeps the user's skills offered to
	// the model, which this variable takes away too. See PromptLine.
	if o.AllowSlashCommands && !o.AllowAttachments {
		set = append(set, noAttachments+"=1")
	}
	return set
}

func matchesAny(name string, patterns []string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		if prefix, ok := strings.CutSuffix(pattern, "*"); ok {
			return strings.HasPrefix(name, prefix)
		}
		if suffix, ok := strings.CutPrefix(pattern, "*"); ok {
			return strings.HasSuffix(name, suffix)
		}
		return name == pattern
	})
}

// secretNames are parts of the names of variables whose values nobody may see.
var secretNames = []string{"KEY", "TOKEN", "SECRET", "PASSWORD", "PASSWD", "CREDENTIAL", "AUTH"}

// minSecret is the shortest value worth masking: a shorter one is a word like "true".
const minSecret = 8

// Secrets returns the values in environ that look like keys, tokens and passwords by their
// variable's name.
func Secrets(environ []string) []string {
	var values []string
	for _, variable := range environ {
		name, value, _ := strings.Cut(variable, "=")
		secret := slices.ContainsFunc(secretNames, func(part string) bool { return strings.Contains(strings.ToUpper(name), part) })
		if secret && len(value) >= minSecret {
			values = append(values, value)
		}
	}
	return values
}
