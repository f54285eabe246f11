package main

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/require"

	"spool/schema"
)

var codePattern = regexp.MustCompile(`^[A-Z_]+$`)

// codeRows returns the rows of the table of error codes, by their code.
func codeRows(t *testing.T) map[schema.Code][]string {
	t.Helper()
	rows := map[schema.Code][]string{}
	for _, row := range tableRows(readFile(t, "docs/protocol.md")) {
		if name := quotedIn(row[0])[0]; codePattern.MatchString(name) {
			require.NotContains(t, rows, schema.Code(name))
			rows[schema.Code(name)] = row
		}
	}
	return rows
}

func TestProtocolListsEveryCode(t *testing.T) {
	t.Parallel()
	require.ElementsMatch(t, codes(t), slices.Collect(maps.Keys(codeRows(t))))
}

// Each code's close status in the table of the protocol is the one that the server sends.
func TestProtocolTellsTheRightClose(t *testing.T) {
	t.Parallel()
	open := newConversation(t).openCodes()
	for code, row := range codeRows(t) {
		want := strconv.Itoa(int(code.Close()))
		if slices.Contains(httpOnly, code) || slices.Contains(open, code) {
			want = ""
		}
		require.Equal(t, want, strings.TrimSpace(row[1]), code)
	}
}

// The statuses in the table are those of the document of the routes, which knows no 405: it
// is for methods that the document does not know either.
func TestProtocolTellsTheRightStatuses(t *testing.T) {
	t.Parallel()
	documented := map[schema.Code][]string{schema.MethodNotAllowed: {"405"}}
	for _, item := range newContract(t).doc.Paths.Map() {
		for _, operation := range item.Operations() {
			for status, response := range operation.Responses.Map() {
				for _, code := range codesOf(response.Value) {
					documented[code] = append(documented[code], status)
				}
			}
		}
	}
	for code, row := range codeRows(t) {
		slices.Sort(documented[code])
		require.Equal(t, strings.Join(slices.Compact(documented[code]), ", "), strings.TrimSpace(row[2]), code)
	}
}

// codesOf returns the codes that an answer may have, none if it is no error.
func codesOf(response *openapi3.Response) (all []schema.Code) {
	media := response.Content["application/json"]
	if media == nil {
		return nil
	}
	both := media.Schema.Value.AllOf // it is an error, and its code is one of these
	if len(both) != 2 || both[0].Ref != components+"Error" {
		return nil
	}
	for _, code := range both[1].Value.Properties["code"].Value.Enum {
		all = append(all, schema.Code(code.(string)))
	}
	return all
}

// section returns a part of the protocol, from its heading to the next one.
func section(t *testing.T, heading string) string {
	t.Helper()
	_, rest, found := strings.Cut(readFile(t, "docs/protocol.md"), "\n"+heading+"\n")
	require.True(t, found, heading)
	text, _, _ := strings.Cut(rest, "\n#")
	return text
}

func TestProtocolListsEveryMemberOfAPayload(t *testing.T) {
	t.Parallel()
	var listed []string
	for _, row := range tableRows(section(t, "### The payload")) {
		listed = append(listed, quotedIn(row[0])...)
	}
	payload := newContract(t).doc.Components.Schemas["Payload"].Value
	require.ElementsMatch(t, slices.Collect(maps.Keys(payload.Properties)), listed)
}

func TestProtocolListsEveryRoute(t *testing.T) {
	t.Parallel()
	var listed, documented []string
	for _, row := range tableRows(section(t, "## HTTP")) {
		listed = append(listed, quotedIn(row[0])...)
	}
	for path, item := range newContract(t).doc.Paths.Map() {
		for method := range item.Operations() {
			documented = append(documented, method+" "+path)
		}
	}
	require.ElementsMatch(t, documented, listed)
}

// Every key of a run that the document has is shown in the protocol's example, or is an
// option, which stands in the payload's table.
func TestProtocolShowsEveryKeyOfARun(t *testing.T) {
	t.Parallel()
	shown := section(t, "### A run") + section(t, "### The payload")
	for key := range newContract(t).doc.Components.Schemas["Run"].Value.Properties {
		require.Regexp(t, `["`+"`"+`]`+key+`["`+"`"+`]`, shown)
	}
}

func TestProtocolShowsEveryEnvelope(t *testing.T) {
	t.Parallel()
	c := newConversation(t)
	for _, row := range tableRows(section(t, "### Envelopes: `spool.v1`")) {
		text := strings.NewReplacer("run_…", nobody, `"code":"…"`, `"code":"INTERNAL"`).Replace(quotedIn(row[0])[0])
		c.hear("claude", schema.Subprotocol, text)
	}
	for name := range c.channels["claude"].Messages {
		if m := c.messages[name]; len(m.Tags) == 1 && m.Tags[0].Name == schema.Subprotocol {
			require.True(t, c.seen["claude "+name], name)
		}
	}
}

func TestProtocolExplainsEveryCloseCode(t *testing.T) {
	t.Parallel()
	text := section(t, "## Close codes, and what a client does")
	for _, closing := range newConversation(t).closes {
		require.Regexp(t, `(?m)^\|[ 0-9]* `+strconv.Itoa(closing.Code)+` [ 0-9]*\|`, text)
	}
}
