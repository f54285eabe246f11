package main

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"spool/schema"
)

// codes returns every error code of package schema.
func codes(t *testing.T) (all []schema.Code) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "schema/code.go", nil, 0)
	require.NoError(t, err)
	ast.Inspect(file, func(n ast.Node) bool {
		if spec, ok := n.(*ast.ValueSpec); ok && len(spec.Values) == 1 {
			if literal, ok := spec.Values[0].(*ast.BasicLit); ok && literal.Kind == token.STRING {
				all = append(all, schema.Code(strings.Trim(literal.Value, `"`)))
			}
		}
		return true
	})
	require.Greater(t, len(all), 30)
	return all
}

// rawSchemas returns the schemas of a document as they are written.
func rawSchemas(t *testing.T, path string) map[string]json.RawMessage {
	t.Helper()
	var document struct {
		Components struct{ Schemas map[string]json.RawMessage }
	}
	require.NoError(t, json.Unmarshal([]byte(readFile(t, path)), &document))
	return document.Components.Schemas
}

func TestBothDocumentsSayTheSame(t *testing.T) {
	t.Parallel()
	http, sockets, shared := rawSchemas(t, "docs/openapi.json"), rawSchemas(t, "docs/asyncapi.json"), 0
	for name, text := range sockets {
		if other, ok := http[name]; ok {
			require.JSONEq(t, string(other), string(text), name)
			shared++
		}
	}
	require.Greater(t, shared, 10)
}

func TestTheSchemasKnowEveryCodeAndState(t *testing.T) {
	t.Parallel()
	var all, states []any
	for _, code := range codes(t) {
		all = append(all, string(code))
	}
	for _, state := range schema.States {
		states = append(states, string(state))
	}
	c := newContract(t)
	require.ElementsMatch(t, all, c.doc.Components.Schemas["ErrorCode"].Value.Enum)
	require.Equal(t, states, c.doc.Components.Schemas["RunState"].Value.Enum)
	require.Subset(t, all, c.doc.Components.Schemas["RunCode"].Value.Enum)
}

// valid are members of a payload in the form that the schema and the server take.
var valid = map[string]any{"prompt": "hi", "meta": "TEST"}

// The schema of a payload takes what the server takes, and refuses what it refuses, as far
// as a schema can tell.
func TestTheSchemaOfAPayloadIsTheServers(t *testing.T) {
	t.Parallel()
	payload := newContract(t).doc.Components.Schemas["Payload"].Value
	require.Equal(t, uint64(schema.MaxPromptBytes), *payload.Properties["prompt"].Value.MaxLength)
	require.Equal(t, uint64(schema.MaxMetaLength), *payload.Properties["meta"].Value.MaxLength)
	tried := map[bool]int{}
	for key, values := range trials() {
		for _, value := range values {
			text, err := json.Marshal(replaced(key, value))
			require.NoError(t, err)
			_, refusal := schema.Decode(text)
			told := payload.VisitJSON(decode(t, string(text)))
			require.Equal(t, refusal == nil, told == nil, "%.100s: the server says %v, the schema %v", text, refusal, told)
			tried[told == nil]++
		}
	}
	require.Greater(t, min(tried[true], tried[false]), 100)
}

// replaced returns a valid payload with one member changed, or left out.
func replaced(key string, value any) map[string]any {
	members := maps.Clone(valid)
	members[key] = value
	if value == missing {
		delete(members, key)
	}
	return members
}

// missing stands for no value.
var missing = new(struct{ int })

// trials returns values for each member: at its bounds, of every type, and of every character.
func trials() map[string][]any {
	odd := []any{missing, nil, true, false, 0, 1, 1.5, -1, 1e30, "", " ", "x", []any{}, map[string]any{}}
	characters := []any{}
	for b := range 128 {
		characters = append(characters, string(rune(b)), "A"+string(rune(b))+"A")
	}
	id := "run_" + strings.Repeat("a", 26)
	return map[string][]any{
		"prompt":         slices.Concat(odd, characters, []any{strings.Repeat("a", 8192), strings.Repeat("a", 8193), "é", "\u3000a"}),
		"meta":           slices.Concat(odd, characters, []any{strings.Repeat("A", 64), strings.Repeat("A", 65), "É"}),
		"model":          slices.Concat(odd, characters, []any{strings.Repeat("a", 128), strings.Repeat("a", 129), "claude-x[1m]"}),
		"resume":         {missing, nil, true, "", "x", id, id + "a", strings.ToUpper(id), "run_" + strings.Repeat("1", 26), "run_" + strings.Repeat("a", 25) + strconv.Itoa(7)},
		"partial":        odd,
		"detach":         odd,
		"timeoutSeconds": odd,
		"unknown":        odd,
	}
}
