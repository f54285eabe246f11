package agent

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestTheWordsOfATextAddUpToIt(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text")
		require.Equal(t, text, strings.Join(words(text), ""))
	})
	require.Equal(t, []string{"one", " two", "\n\nthree", " "}, words("one two\n\nthree "))
}

func TestALongPromptIsQuotedInPart(t *testing.T) {
	t.Parallel()
	require.Equal(t, strings.Repeat("é", maxQuote), quote(strings.Repeat("é", maxQuote)))
	require.Equal(t, strings.Repeat("é", maxQuote)+"…", quote(strings.Repeat("é", maxQuote+1)))
}
