package main

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// shownFrame is a frame of the chat socket in the protocol: in a line of its own, or within a
// table.
var shownFrame = regexp.MustCompile("(?m)^    (\\{\"(?:type|kind|action|message_type)\".*\\})$|`(\\{\"(?:type|kind|action|message_type)\"[^`]*\\})`")

// shortIDs puts ids where the protocol leaves them out.
var shortIDs = strings.NewReplacer("conv-…", unknown, "run_…", nobody, "apr_…", gone, "…Z", "2026-01-02T03:04:05Z", "5fec…", nobodys, "6b86…", nobodys)

// Every frame that the protocol shows is one that the document describes, and every one of those is
// shown.
func TestProtocolShowsEveryFrameOfTheChatSocket(t *testing.T) {
	t.Parallel()
	c := newConversation(t)
	_, text, found := strings.Cut(readFile(t, "docs/protocol.md"), "\n## `/ws`: conversations\n")
	require.True(t, found)
	text, _, _ = strings.Cut(text, "\n## ")
	shown := map[string]bool{}
	for _, match := range shownFrame.FindAllStringSubmatch(text, -1) {
		value := decode(t, shortIDs.Replace(match[1]+match[2]))
		var fitting []string
		for name := range c.channels["chat"].Messages {
			if c.fits(c.messages[name], value) == nil {
				fitting = append(fitting, name)
			}
		}
		require.Len(t, fitting, 1, match[0])
		shown[fitting[0]] = true
	}
	for name := range c.channels["chat"].Messages {
		require.True(t, shown[name], name)
	}
}
