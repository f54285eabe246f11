package run

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
)

// masked stands for a secret.
const masked = "[masked]"

// tokenPattern is how API keys and tokens of the CLI's service look.
var tokenPattern = regexp.MustCompile(`sk-ant-[A-Za-z0-9_\-]{8,}`)

// Mask hides secrets in texts for people: stderr, errors and logs. The CLI's stdout is its
// answer and is not touched.
type Mask struct {
	secrets  []string // longest first, so that one that holds another is hidden whole
	replacer *strings.Replacer
}

// minSecretLine is the shortest line of a secret that is worth hiding by itself.
const minSecretLine = 8

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
	var pairs []string
	for _, secret := range sorted {
		pairs = append(pairs, secret, masked)
	}
	return &Mask{secrets: sorted, replacer: strings.NewReplacer(pairs...)}
}

// Text returns text without the secrets.
func (m *Mask) Text(text string) string {
	return tokenPattern.ReplaceAllString(m.replacer.Replace(text), masked)
}

// Cut is Text for a text that was cut off at its end: the beginning of a secret that
// stands there goes too.
func (m *Mask) Cut(text string) string {
	for _, secret := range m.secrets {
		for n := len(secret) - 1; n > 3; n-- {
			if head, ok := strings.CutSuffix(text, secret[:n]); ok {
				return m.Text(head) + masked
			}
		}
	}
	return m.Text(text)
}
