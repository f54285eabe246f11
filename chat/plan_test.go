package chat

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"spool/schema"
	"spool/store"
)

// told makes a path: "u:text" is a user's message, "a:text" an answer that the agent can go back
// to, "x:text" one that it cannot. The id of a message is its text.
func told(texts ...string) (path []store.Message) {
	for _, text := range texts {
		kind, content, _ := strings.Cut(text, ":")
		m := store.Message{Message: schema.Message{ID: content, Role: schema.RoleAssistant, Content: content}}
		switch kind {
		case "u":
			m.Role = schema.RoleUser
		case "a":
			m.Session, m.UUID = "session of "+content, "uuid of "+content
		}
		path = append(path, m)
	}
	return path
}

func TestPlanOfATurn(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		path        []store.Message
		session, at string
		want        beginning
	}{
		"the first message":     {told("u:1"), "", "", beginning{prompt: "1"}},
		"two before any answer": {told("u:1", "u:2"), "", "", beginning{prompt: "1\n\n2"}},
		"goes on":               {told("u:1", "a:2", "u:3"), "s", "2", beginning{session: "s", prompt: "3"}},
		"goes on in the session that has given the answer": {
			told("u:1", "a:2", "u:3"), "session of 2", "2", beginning{session: "session of 2", last: "uuid of 2", prompt: "3"},
		},
		"goes on with two": {told("u:1", "a:2", "u:3", "u:4"), "s", "2", beginning{session: "s", prompt: "3\n\n4"}},
		"goes on after a message without answer": {
			told("u:1", "a:2", "u:3", "u:4"), "s", "3", beginning{session: "s", prompt: "4"},
		},
		"branches at an answer": {
			told("u:1", "a:2", "u:5"), "s", "4", beginning{session: "session of 2", fork: true, at: "uuid of 2", last: "uuid of 2", prompt: "5"},
		},
		"nobody knows how far the session came": {
			told("u:1", "a:2", "u:3", "u:4"), "s", "", beginning{session: "session of 2", fork: true, at: "uuid of 2", last: "uuid of 2", prompt: "3\n\n4"},
		},
		"branches at the root": {told("u:5"), "s", "4", beginning{prompt: "5"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, plan(c.path, c.session, c.at))
		})
	}
}

func TestPlanTellsANewSessionWhatWasSaid(t *testing.T) {
	t.Parallel()
	b := plan(told("u:one", "x:two", "u:three"), "s", "other")
	require.Empty(t, b.session)
	for _, text := range []string{"[user]\none\n\n[assistant]\ntwo", "The next message is:\n\nthree"} {
		require.Contains(t, b.prompt, text)
	}
	require.Equal(t, b, anew(told("u:one", "a:two", "u:three")))
	require.Equal(t, beginning{prompt: "one\n\ntwo"}, anew(told("u:one", "u:two")))
}

func TestTranscriptIsBounded(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", maxTranscript)
	text := transcript(told("u:very early", "a:"+long, "u:second", "a:last", "u:now"))
	require.NotContains(t, text, "very early")
	require.Contains(t, text, "is left out.)\n\n[user]\nsecond\n\n[assistant]\nlast")
	require.Less(t, len(text), maxTranscript)
}
