package run

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// masked stands for a secret.
const masked = "[masked]"

// tokenPattern is how API keys and tokens of the CLI's service look.
const tokenPattern = `sk-ant-[A-Za-z0-9_\-]{8,}` //nolint:gosec // a pattern, and no key

// Mask hides secrets in texts for people: stderr, errors and logs. The CLI's stdout is its
// answer and is not touched.
type Mask struct {
	secrets []string // longest first, so that one that holds another is hidden whole
	pattern *regexp.Regexp
}

// minSecretLine is the shortest line of a secret that is worth hiding by itself.
const minSecretLine = 8

// maxShown is how many letters of a secret's beginning give nothing away.
const maxShown = 3

// NewMask returns a Mask for these values. A value of several lines, such as a private key,
// is hidden line by line too, because stderr is shown so.
func NewMask(secrets []string) *Mask {
	sorted := slices.Clone(secrets)
	for _, secret := range secrets {
		for line := range strings.Lines(secret) {
			if line = strings.TrimSpace(line); len(line) >= minSecretLine && line != secret {
				sorted = append(sorted, line)
			}
		}
	}
	slices.SortFunc(sorted, func(a, b string) int { return cmp.Compare(len(b), len(a)) })
	var patterns []string
	for _, secret := range sorted {
		patterns = append(patterns, regexp.QuoteMeta(secret))
	}
	return &Mask{secrets: sorted, pattern: regexp.MustCompile(strings.Join(append(patterns, tokenPattern), "|"))}
}

// Text returns text without the secrets.
func (m *Mask) Text(text string) string {
	return m.pattern.ReplaceAllLiteralString(text, masked)
}

// Tail is Text for at most the last n bytes of a text: whole lines if there are any, whole
// characters else, and no part of a secret.
func (m *Mask) Tail(text string, n int) string {
	start := len(text) - n
	if start <= 0 {
		return m.Text(text)
	}
	for _, secret := range m.pattern.FindAllStringIndex(text, -1) {
		if secret[0] < start && start < secret[1] {
			start = secret[1]
		}
	}
	if i := strings.IndexByte(text[start-1:], '\n'); i >= 0 && start+i < len(text) {
		return m.Text(text[start+i:])
	}
	for start < len(text) && !utf8.RuneStart(text[start]) {
		start++
	}
	return m.Text(text[start:])
}

// Cut is Text for a text that was cut off at its end: the beginning of a secret that
// stands there goes too.
func (m *Mask) Cut(text string) string {
	cut := 0
	for _, secret := range m.secrets {
		for n := len(secret) - 1; n > max(cut, maxShown); n-- {
			if strings.HasSuffix(text, secret[:n]) {
				cut = n
			}
		}
	}
	if cut == 0 {
		return m.Text(text)
	}
	return m.Text(text[:len(text)-cut]) + masked
}
