package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"spool/schema"
)

// Everything that is said on a socket is in the document, and everything in it is said.
func TestTheAsyncAPIDocumentIsTrue(t *testing.T) {
	t.Parallel()
	c := newConversation(t)
	s := startServer(t, "--max-runs=1", "--max-queue=1", "--stop-grace=1s")
	for dialect := range dialects {
		c.succeed(s, dialect)
		c.waitAndRunOut(s, dialect)
		c.beRefused(s, dialect)
	}
	c.chat()
	for channel, of := range c.channels {
		for name := range of.Messages {
			require.True(t, c.seen[channel+" "+name], "never seen: %s on %s", name, channel)
		}
	}
}

// named is a message's name in a dialect.
func named(dialect, name string) string {
	if dialect == schema.Subprotocol {
		return name
	}
	return "raw" + strings.ToUpper(name[:1]) + name[1:]
}

// succeed runs a prompt to its good end, and looks at the run again.
func (c *conversation) succeed(s *server, dialect string) {
	name := func(of string) string { return named(dialect, of) }
	k := c.talk(s, "claude", dialect, "", "")
	require.Equal(c.t, []string{name("infoSend")}, k.until(name("infoSend")))
	k.say(payload(script("echo one; echo '{}'; echo warning >&2; echo; printf four")), true)
	names, texts := k.rest("")
	require.Equal(c.t, name("infoRun"), names[0])
	require.Equal(c.t, 4, count(names, name("line")))
	require.Equal(c.t, 1, count(names, name("stderr")))
	require.Equal(c.t, dialect == schema.Subprotocol, names[len(names)-1] == "end")

	id := texts[0][strings.Index(texts[0], "run_"):]
	again, _ := c.talk(s, "run", dialect, id[:30], "?from=1").rest("")
	require.Equal(c.t, 3, count(again, name("line")))
}

func count(names []string, name string) (n int) {
	for _, other := range names {
		if other == name {
			n++
		}
	}
	return n
}

// waitAndRunOut waits in the queue, says too much meanwhile, and is ended by the clock.
func (c *conversation) waitAndRunOut(s *server, dialect string) {
	name := func(of string) string { return named(dialect, of) }
	first := c.post(s, script("sleep 600"))
	k := c.talk(s, "claude", dialect, "", "")
	k.say(wants(script("echo one; echo warning >&2; sleep 600"), `,"timeoutSeconds":4`), true)
	k.until(name("infoQueued"))
	viewer := c.talk(s, "run", dialect, s.newest(c.t), "")
	viewer.until(name("infoQueued"))
	for _, talk := range []*talk{k, viewer} {
		talk.say("anything", false)
		talk.until(name("error"))
	}
	c.abort(s, first)
	for _, talk := range []*talk{k, viewer} {
		names, texts := talk.rest(schema.TimeoutWall)
		require.Contains(c.t, names, name("infoDeadline"))
		last := "end"
		if dialect != schema.Subprotocol {
			last = "rawError"
		}
		require.Equal(c.t, last, names[len(names)-1], texts)
	}
}

// newest returns the id of the newest run.
func (s *server) newest(t testing.TB) string {
	t.Helper()
	text := s.list(t)
	return text[strings.Index(text, "run_"):][:30]
}

// beRefused sends what is none, and asks for what is not there.
func (c *conversation) beRefused(s *server, dialect string) {
	for text, code := range map[string]schema.Code{
		`{`: schema.InvalidJSON, `{"prompt":" ","meta":"A"}`: schema.InvalidPrompt, `{"prompt":"a","meta":"a"}`: schema.InvalidMeta,
		`{"prompt":"a","meta":"A","detach":1}`: schema.InvalidOption,
	} {
		k := c.talk(s, "claude", dialect, "", "")
		k.say(text, false)
		names, _ := k.rest(code)
		require.Equal(c.t, []string{named(dialect, "infoSend"), named(dialect, "error")}, names)
	}
	id := c.post(s, script("exit 3"))
	c.talk(s, "run", dialect, id, "").rest(schema.ExitNonzero)
	for query, code := range map[string]schema.Code{"?from=9": schema.ReplayGap, "?from=x": schema.BadRequest} {
		names, _ := c.talk(s, "run", dialect, id, query).rest(code)
		require.Equal(c.t, []string{named(dialect, "error")}, names)
	}
}

// Examples are copied: each must be what it is an example of, and nothing else.
func TestTheExamplesOfTheAsyncAPIDocumentAreTrue(t *testing.T) {
	t.Parallel()
	c := newConversation(t)
	for name, m := range c.messages {
		require.NotEmpty(t, m.Examples, name)
		for _, example := range m.Examples {
			require.NoError(t, c.fits(m, example.Payload), name)
		}
	}
}

// The close codes of the document are those that the server sends after each error code, and
// none is forgotten.
func TestTheCloseCodesOfTheAsyncAPIDocumentAreTheServers(t *testing.T) {
	t.Parallel()
	c := newConversation(t)
	var told []schema.Code
	for _, closing := range c.closes {
		for _, code := range closing.Errors {
			require.EqualValues(t, code.Close(), closing.Code, code)
		}
		told = append(told, closing.Errors...)
	}
	told = append(told, c.openCodes()...)
	for _, code := range codes(t) {
		require.True(t, slices.Contains(told, code) || slices.Contains(httpOnly, code), "%s is after no close code", code)
	}
}

// httpOnly are the codes that end no socket, besides those of the chat socket.
var httpOnly = []schema.Code{
	schema.ForbiddenHost, schema.ForbiddenOrigin, schema.MethodNotAllowed, schema.UpgradeRequired, schema.KeyReused, schema.TooLarge,
	schema.Unauthorized, schema.RateLimited,
}
