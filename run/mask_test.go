package run

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestMaskHidesSecrets(t *testing.T) {
	t.Parallel()
	mask := NewMask([]string{"password", "password-and-more", "line one of it\nline two of it\r\nshort\n", "$1.*+"})
	for text, want := range map[string]string{
		"":                             "",
		"nothing here":                 "nothing here",
		"the password!":                "the [masked]!",
		"password-and-more":            "[masked]", // not [masked]-and-more
		"passwordpassword":             "[masked][masked]",
		"PASSWORD":                     "PASSWORD",
		"x line two of it x":           "x [masked] x",
		"line one of it":               "[masked]",
		"short":                        "short",
		"$1.*+":                        "[masked]",
		"sk-ant-api03-abcDEF_123-x":    "[masked]",
		"key=sk-ant-oat01-abcdefgh, x": "key=[masked], x",
		"sk-ant-short":                 "sk-ant-short",
		"sk-antelope":                  "sk-antelope",
	} {
		require.Equal(t, want, mask.Text(text), text)
	}
	require.Equal(t, "x [masked]", NewMask([]string{"overlap-a-long-one", "the-overlap"}).Cut("x the-overl"), "the longer beginning")
	require.Equal(t, "a b", NewMask(nil).Text("a b"))
}

func TestMaskHidesTheBeginningOfASecretThatWasCut(t *testing.T) {
	t.Parallel()
	mask := NewMask([]string{"password", "another-secret"})
	for text, want := range map[string]string{
		"the password":         "the [masked]",
		"the passwor":          "the [masked]",
		"the pass":             "the [masked]",
		"the pas":              "the pas", // three letters give nothing away
		"a password and anoth": "a [masked] and [masked]",
		"":                     "",
		"assword":              "assword",
	} {
		require.Equal(t, want, mask.Cut(text), text)
	}
}

func TestMaskNeverShowsASecret(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.StringMatching(`[a-z]{8,12}`)
		secrets := rapid.SliceOfN(word, 1, 4).Draw(t, "secrets")
		parts := rapid.SliceOf(rapid.OneOf(rapid.SampledFrom(secrets), rapid.StringMatching(`[A-Z \n]{0,5}`))).Draw(t, "parts")
		text := strings.Join(parts, "")
		cut := text[:rapid.IntRange(0, len(text)).Draw(t, "cut")]
		mask := NewMask(secrets)
		for _, secret := range secrets {
			if strings.Contains(mask.Text(text), secret) {
				t.Fatalf("%q in %q", secret, mask.Text(text))
			}
			if shown := mask.Cut(cut); strings.Contains(shown, secret[:maxShown+1]) {
				t.Fatalf("a part of %q in %q", secret, shown)
			}
		}
	})
}
