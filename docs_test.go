package main

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"spool/demo/agent"
)

// readFile returns a file of the repository.
func readFile(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(text)
}

// packageImports returns what every package of this module imports, tests left out.
func packageImports(t *testing.T) map[string][]string {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", "./...").Output()
	require.NoError(t, err)
	imports := map[string][]string{}
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var p struct {
			ImportPath string
			Imports    []string
		}
		err := decoder.Decode(&p)
		if err == io.EOF {
			return imports
		}
		require.NoError(t, err)
		imports[p.ImportPath] = p.Imports
	}
}

// quoted finds what stands in backquotes.
var quoted = regexp.MustCompile("`([^`]+)`")

// tableRows returns the cells of the table rows that begin with something in backquotes.
func tableRows(text string) (rows [][]string) {
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "| `") {
			rows = append(rows, strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|"))
		}
	}
	return rows
}

// quotedIn returns everything in backquotes in a cell.
func quotedIn(cell string) []string {
	list := []string{}
	for _, match := range quoted.FindAllStringSubmatch(cell, -1) {
		list = append(list, match[1])
	}
	return list
}

func TestArchitectureTableIsTrue(t *testing.T) {
	t.Parallel()
	want := map[string][]string{}
	for _, row := range tableRows(readFile(t, "docs/architecture.md")) {
		want[quotedIn(row[0])[0]] = quotedIn(row[1])
	}
	got := map[string][]string{}
	for path, imports := range packageImports(t) {
		got[path] = []string{}
		for _, i := range imports {
			if strings.HasPrefix(i, "spool/") {
				got[path] = append(got[path], i)
			}
		}
	}
	require.Equal(t, want, got)
}

func TestOnlyHandlerKnowsTheFramework(t *testing.T) {
	t.Parallel()
	for path, imports := range packageImports(t) {
		for _, i := range imports {
			framework := strings.HasPrefix(i, "github.com/gofiber/") || strings.HasPrefix(i, "github.com/valyala/fasthttp")
			require.False(t, framework && path != "spool/handler" && path != "spool/bench", "%s imports %s", path, i)
		}
	}
}

func TestReadmeListsEveryFlag(t *testing.T) {
	t.Parallel()
	var listed []string
	for _, row := range tableRows(readFile(t, "README.md")) {
		for _, name := range quotedIn(row[0]) {
			if strings.HasPrefix(name, "--") {
				listed = append(listed, name)
			}
		}
	}
	help, err := exec.Command(binaries.spool, "--help").Output()
	require.NoError(t, err)
	flags := regexp.MustCompile(`(?m)^ {2,6}(?:-., )?(--[a-z-]+)`).FindAllStringSubmatch(string(help), -1)
	var known []string
	for _, match := range flags {
		if match[1] != "--help" {
			known = append(known, match[1])
		}
	}
	require.ElementsMatch(t, known, listed)
}

func TestReadmeListsEveryWord(t *testing.T) {
	t.Parallel()
	readme := readFile(t, "README.md")
	for _, word := range agent.Words() {
		require.Contains(t, readme, "| `"+word.Word+"` | "+word.What+" |")
	}
}
