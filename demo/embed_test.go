package demo

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"spool/schema"
)

func read(t *testing.T, name string) string {
	t.Helper()
	content, err := FS.ReadFile(name)
	require.NoError(t, err)
	return string(content)
}

// The server's policy forbids these anyway; here they are found without a browser.
func TestPageHoldsNothingThatThePolicyForbids(t *testing.T) {
	t.Parallel()
	page := read(t, "ws-demo.html")
	for name, pattern := range map[string]string{
		"inline script":     `<script(?:[^>]*)>[^<]`,
		"inline style":      `<style|\sstyle\s*=`,
		"inline handler":    `<[^>]*\son[a-z]+\s*=`,
		"foreign address":   `(?:src|href)\s*=\s*"(?:[a-z]+:|//)`,
		"a base or a frame": `<base|<iframe|<object|<embed`,
	} {
		require.NotRegexp(t, `(?is)`+pattern, page, name)
	}
	require.NotRegexp(t, `(?i)@import|url\(`, read(t, "ws-demo.css"), "the style sheet loads something")
}

// Text from the agent must never become markup, and the page stores nothing.
func TestScriptUsesNoDangerousSink(t *testing.T) {
	t.Parallel()
	require.NotRegexp(t, `innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|setAttribute\('on|`+
		`createContextualFragment|DOMParser|srcdoc|location\.(?:search|href)|document\.URL|URLSearchParams|localStorage|sessionStorage|cookie`,
		read(t, "ws-demo.js"))
}

// The page's address may name a run to show. Whatever does not look like one means nothing, and
// what is asked of the server is made of such ids only.
func TestScriptTakesOnlyRunIDsFromItsAddress(t *testing.T) {
	t.Parallel()
	script := read(t, "ws-demo.js")
	require.Contains(t, script, "const RUN_ID = /"+schema.RunID.String()+"/;")
	require.Equal(t, 1, strings.Count(script, "location.hash"))
	require.Contains(t, script, "return RUN_ID.exec(location.hash.slice(1))?.[0] ?? '';")
	require.Equal(t, 1, strings.Count(script, ".href"))
	require.Contains(t, script, "link.href = `#${id}`;")
}

// elsewhere are the codes that the page's sockets never see: those of plain HTTP and of conversations.
var elsewhere = []string{
	"FORBIDDEN_HOST", "FORBIDDEN_ORIGIN", "BAD_REQUEST", "NOT_FOUND", "METHOD_NOT_ALLOWED", "UPGRADE_REQUIRED", "TOO_LARGE", "KEY_REUSED",
	"SESSION_ID_REQUIRED", "SESSION_NOT_FOUND", "UNSUPPORTED_PROVIDER", "RUN_IN_PROGRESS", "NO_ACTIVE_RUN", "UNKNOWN_MESSAGE_TYPE", "INTERNAL_ERROR",
	"APPROVAL_GONE", "HEAD_MOVED", "QUEUE_FULL", "INVALID_CONTENT", "UNAUTHORIZED", "RATE_LIMITED",
}

func TestEveryErrorCodeIsExplained(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("../schema/code.go")
	require.NoError(t, err)
	codes := regexp.MustCompile(`(?m)^\s+\w+\s+Code = "([A-Z_]+)"`).FindAllStringSubmatch(string(source), -1)
	require.Greater(t, len(codes), 15, "the codes were not found in schema/code.go")
	script := read(t, "ws-demo.js")
	for _, code := range codes {
		if !slices.Contains(elsewhere, code[1]) {
			require.Regexp(t, `(?m)^  `+code[1]+`: \['`, script, "ws-demo.js does not explain %s", code[1])
		}
	}
}

func TestEveryCloseCodeIsExplained(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("../schema/code.go")
	require.NoError(t, err)
	codes := regexp.MustCompile(`CloseCode = (\d{4})`).FindAllStringSubmatch(string(source), -1)
	require.Greater(t, len(codes), 5, "the close codes were not found in schema/code.go")
	for _, code := range codes {
		require.Regexp(t, `(?m)^  `+code[1]+`: \['`, read(t, "ws-demo.js"), "ws-demo.js does not explain %s", code[1])
	}
}
