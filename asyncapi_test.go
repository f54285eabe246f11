package main

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fasthttp/websocket"
	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/require"

	"spool/schema"
)

// conversation is the document of the WebSockets, held against what servers say on them.
type conversation struct {
	t        *testing.T
	channels map[string]struct {
		Address  string
		Messages map[string]reference
	}
	messages map[string]message
	closes   []closing
	schemas  openapi3.Schemas
	seen     map[string]bool // "claude rawLine": a channel and a message
}

type reference struct {
	Ref string `json:"$ref"`
}

// message is a message of the document.
type message struct {
	Payload  reference
	Tags     []struct{ Name string }
	Examples []struct{ Payload any }
}

// closing is a close code of the document.
type closing struct {
	Code   int
	Errors []schema.Code
}

// newConversation reads the document. Objects of the server may have no key that is not
// described.
func newConversation(t *testing.T) *conversation {
	t.Helper()
	c := &conversation{t: t, seen: map[string]bool{}}
	var document struct {
		Components struct {
			Messages map[string]message
			Schemas  json.RawMessage
		}
		Closes []closing `json:"x-close-codes"`
	}
	text := []byte(readFile(t, "docs/asyncapi.json"))
	require.NoError(t, json.Unmarshal(text, &document))
	require.NoError(t, json.Unmarshal(text, &struct{ Channels any }{&c.channels}))
	c.messages, c.closes = document.Components.Messages, document.Closes
	c.schemas = readSchemas(t, document.Components.Schemas)
	return c
}

// readSchemas reads the schemas of a document, whichever it is: they are written alike.
func readSchemas(t *testing.T, text json.RawMessage) openapi3.Schemas {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData([]byte(
		`{"openapi":"3.1.0","info":{"title":"schemas","version":"0"},"paths":{},"components":{"schemas":` + string(text) + `}}`))
	require.NoError(t, err)
	require.NoError(t, doc.Validate(t.Context(), openapi3.EnableExamplesValidation()))
	for name, s := range doc.Components.Schemas {
		if !isClients(name) {
			shut(s.Value)
		}
	}
	return doc.Components.Schemas
}

// fits returns what is against a value being this message.
func (c *conversation) fits(m message, value any) error {
	name := strings.TrimPrefix(m.Payload.Ref, components)
	require.Contains(c.t, c.schemas, name)
	return c.schemas[name].Value.VisitJSON(value, openapi3.EnableJSONSchema2020())
}

// hear finds the one message of a channel that a frame is, in a dialect.
func (c *conversation) hear(channel, dialect, text string) (name string) {
	c.t.Helper()
	var value any = text
	if dialect != "raw" || isFrame(text) {
		value = decode(c.t, text)
	}
	var fitting []string
	for name := range c.channels[channel].Messages {
		m := c.messages[name]
		if len(m.Tags) == 1 && m.Tags[0].Name == dialect && c.fits(m, value) == nil {
			fitting = append(fitting, name)
		}
	}
	require.Len(c.t, fitting, 1, "%s in %s: %.500s", channel, dialect, text)
	c.seen[channel+" "+fitting[0]] = true
	return fitting[0]
}

// isFrame reports whether a text in the raw dialect is a frame of the server. No line of
// these tests looks like one.
func isFrame(text string) bool {
	return slices.ContainsFunc([]string{`{"info":`, `{"stderr":`, `{"error":`}, func(start string) bool { return strings.HasPrefix(text, start) })
}

// talk is a socket on a channel.
type talk struct {
	*websocket.Conn
	c                *conversation
	channel, dialect string
}

// dialects are how the server may be asked to speak.
var dialects = map[string][]string{"raw": nil, schema.Subprotocol: {schema.Subprotocol}}

// talk opens a channel, whose address may need a run and a query.
func (c *conversation) talk(s *server, channel, dialect, run, query string) *talk {
	c.t.Helper()
	dialer := websocket.Dialer{Subprotocols: dialects[dialect]}
	conn, _, err := dialer.Dial("ws://"+s.addr+strings.Replace(c.channels[channel].Address, "{run}", run, 1)+query, nil)
	require.NoError(c.t, err)
	c.t.Cleanup(func() { conn.Close() })
	return &talk{conn, c, channel, dialect}
}

// say sends a text, which the document allows or not.
func (k *talk) say(text string, allowed bool) {
	k.c.t.Helper()
	var value any
	err := json.Unmarshal([]byte(text), &value)
	if err == nil {
		err = k.c.fits(k.c.messages["prompt"], value)
	}
	require.Equal(k.c.t, allowed, err == nil, "%s: %v", text, err)
	k.c.seen["claude prompt"] = true
	require.NoError(k.c.t, k.WriteMessage(websocket.TextMessage, []byte(text)))
}

// next returns the next frame and which message it is. At the end that is "".
func (k *talk) next() (name, text string, code int) {
	k.c.t.Helper()
	require.NoError(k.c.t, k.SetReadDeadline(time.Now().Add(patience)))
	_, frame, err := k.ReadMessage()
	if closed, ok := errors.AsType[*websocket.CloseError](err); ok {
		return "", closed.Text, closed.Code
	}
	require.NoError(k.c.t, err)
	return k.c.hear(k.channel, k.dialect, string(frame)), string(frame), 0
}

// until reads until a message has come, and returns the names of all.
func (k *talk) until(last string) (names []string) {
	k.c.t.Helper()
	for !slices.Contains(names, last) {
		name, text, code := k.next()
		require.NotEmpty(k.c.t, name, "closed before %s: %d %s", last, code, text)
		names = append(names, name)
	}
	return names
}

// rest reads to the end, whose close code must be one that the document gives to the code.
func (k *talk) rest(code schema.Code) (names, texts []string) {
	k.c.t.Helper()
	for {
		name, text, status := k.next()
		if name == "" {
			require.Equal(k.c.t, int(code.Close()), status, text)
			require.True(k.c.t, strings.HasPrefix(text, string(code)), text)
			k.c.requireClosing(status, code)
			return names, texts
		}
		names, texts = append(names, name), append(texts, text)
	}
}

func (c *conversation) requireClosing(status int, code schema.Code) {
	c.t.Helper()
	i := slices.IndexFunc(c.closes, func(e closing) bool { return e.Code == status })
	require.GreaterOrEqual(c.t, i, 0, "close code %d", status)
	require.True(c.t, code == "" || slices.Contains(c.closes[i].Errors, code), "%d %s", status, code)
}

// post starts a run of which the conversation is about.
func (c *conversation) post(s *server, prompt string) string {
	c.t.Helper()
	return s.post(c.t, "/api/runs", payload(prompt)).ID
}

// abort ends a run.
func (c *conversation) abort(s *server, run string) {
	c.t.Helper()
	answer, text := s.do(c.t, http.MethodPost, "/api/runs/"+run+"/abort", "")
	require.Equal(c.t, http.StatusAccepted, answer.StatusCode, text)
}
