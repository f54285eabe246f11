package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"
	"github.com/stretchr/testify/require"
)

// contract is the document of the HTTP routes, held against what servers do. It is stricter
// than the document itself: objects of ours may have no key that is not described.
type contract struct {
	t      *testing.T
	doc    *openapi3.T
	router routers.Router
	seen   map[string]bool // "GET /livez 200", and "Run.meta" for each key of a schema
}

// newContract reads the document, which must be valid, with its examples.
func newContract(t *testing.T) *contract {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData([]byte(readFile(t, "docs/openapi.json")))
	require.NoError(t, err)
	require.NoError(t, doc.Validate(t.Context(), openapi3.EnableExamplesValidation()))
	doc.Servers = nil // any address
	router, err := legacy.NewRouter(doc)
	require.NoError(t, err)
	for _, format := range []string{"text/event-stream", "application/x-ndjson", "text/html", "text/javascript", "text/css", "text/markdown", "image/svg+xml"} {
		openapi3filter.RegisterBodyDecoder(format, openapi3filter.PlainBodyDecoder)
	}
	for name, schema := range doc.Components.Schemas {
		if !isClients(name) {
			shut(schema.Value)
		}
	}
	return &contract{t: t, doc: doc, router: router, seen: map[string]bool{}}
}

// isClients reports whether a schema is of what clients send, which may have more keys.
func isClients(name string) bool { return name == "Payload" || strings.HasSuffix(name, "Request") }

// shut forbids keys that are not described, in objects within objects too.
func shut(s *openapi3.Schema) {
	if len(s.Properties) > 0 {
		s.AdditionalProperties = openapi3.AdditionalProperties{Has: new(bool)}
	}
	for _, property := range s.Properties {
		if property.Ref == "" {
			shut(property.Value)
		}
	}
	if s.Items != nil && s.Items.Ref == "" {
		shut(s.Items.Value)
	}
}

// exchange is a request, and what it was answered.
type exchange struct {
	method, path, body string
	header             http.Header // of the request
	status             int
	answered           http.Header
	answer             string
}

// ask sends a request that the document allows, and returns the answer, which must be one
// that the document describes.
func (c *contract) ask(s *server, method, path, body string, header ...string) exchange {
	c.t.Helper()
	x := c.send(s, method, path, body, header...)
	require.NoError(c.t, c.request(x), "%s %s", method, path)
	if body != "" {
		c.note("", c.input(x).Route.Operation.RequestBody.Value.Content.Get("application/json").Schema, decode(c.t, body))
	}
	return x
}

// askWrong is ask for a request that the document does not allow.
func (c *contract) askWrong(s *server, status int, method, path, body string, header ...string) exchange {
	c.t.Helper()
	x := c.send(s, method, path, body, header...)
	require.Error(c.t, c.request(x), "%s %s %s", method, path, body)
	require.Equal(c.t, status, x.status, x.answer)
	return x
}

func (c *contract) send(s *server, method, path, body string, header ...string) exchange {
	c.t.Helper()
	x, err := s.exchange(method, path, body, header...)
	require.NoError(c.t, err)
	c.check(x)
	return x
}

// exchange sends a request and returns it with the answer.
func (s *server) exchange(method, path, body string, header ...string) (exchange, error) {
	x := exchange{method: method, path: path, body: body, header: http.Header{}}
	for _, line := range header {
		name, value, _ := strings.Cut(line, ": ")
		x.header.Set(name, value)
	}
	got, text, err := s.tryDo(method, path, body, header...)
	if err == nil {
		x.status, x.answered, x.answer = got.StatusCode, got.Header, text
	}
	return x, err
}

// input returns a request as the document's reader wants it.
func (c *contract) input(x exchange) *openapi3filter.RequestValidationInput {
	c.t.Helper()
	request, err := http.NewRequest(x.method, x.path, strings.NewReader(x.body))
	require.NoError(c.t, err)
	request.Header = x.header.Clone()
	if x.body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	route, parameters, err := c.router.FindRoute(request)
	require.NoError(c.t, err, "%s %s", x.method, x.path)
	return &openapi3filter.RequestValidationInput{
		Request: request, Route: route, PathParams: parameters,
		Options: &openapi3filter.Options{SkipSettingDefaults: true, IncludeResponseStatus: true, RejectWhenRequestBodyNotSpecified: true},
	}
}

// request returns what the document has against a request.
func (c *contract) request(x exchange) error {
	return openapi3filter.ValidateRequest(c.t.Context(), c.input(x))
}

// check holds an answer against the document, and notes what was seen of it.
func (c *contract) check(x exchange) {
	c.t.Helper()
	in := c.input(x)
	answer := &openapi3filter.ResponseValidationInput{RequestValidationInput: in, Status: x.status, Header: x.answered, Options: in.Options}
	answer.SetBodyBytes([]byte(x.answer))
	require.NoError(c.t, openapi3filter.ValidateResponse(c.t.Context(), answer), "%s %s: %d %.500s", x.method, x.path, x.status, x.answer)
	c.seen[x.method+" "+in.Route.Path+" "+strconv.Itoa(x.status)] = true
	response := in.Route.Operation.Responses.Status(x.status).Value
	if media := response.Content.Get(x.answered.Get("Content-Type")); media != nil && strings.Contains(x.answered.Get("Content-Type"), "json") {
		c.note("", media.Schema, decode(c.t, x.answer))
	}
}

// decode returns a JSON text as the document's reader wants it.
func decode(t *testing.T, text string) (value any) {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader([]byte(text)))
	decoder.UseNumber()
	require.NoError(t, decoder.Decode(&value), "%.500s", text)
	return value
}
