package demo

import (
	"os"
	"regexp"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
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

// Text from the agent must never become markup, and the page's own address and storage
// must not matter.
func TestScriptUsesNoDangerousSink(t *testing.T) {
	t.Parallel()
	require.NotRegexp(t, `innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|setAttribute\('on|`+
		`createContextualFragment|DOMParser|srcdoc|location\.(?:search|hash|href)|URLSearchParams|localStorage|sessionStorage|cookie`,
		read(t, "ws-demo.js"))
}

// httpOnly are the codes that no socket ever sees.
var httpOnly = []string{"FORBIDDEN_HOST", "FORBIDDEN_ORIGIN", "BAD_REQUEST", "NOT_FOUND", "METHOD_NOT_ALLOWED", "UPGRADE_REQUIRED", "TOO_LARGE"}

func TestEveryErrorCodeIsExplained(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("../schema/code.go")
	require.NoError(t, err)
	codes := regexp.MustCompile(`(?m)^\s+\w+\s+Code = "([A-Z_]+)"`).FindAllStringSubmatch(string(source), -1)
	require.Greater(t, len(codes), 15, "the codes were not found in schema/code.go")
	script := read(t, "ws-demo.js")
	for _, code := range codes {
		if !slices.Contains(httpOnly, code[1]) {
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
