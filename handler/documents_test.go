package handler

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v2"
	"github.com/stretchr/testify/require"

	"spool/docs"
)

// known returns the routes of a server as the document writes them: "GET /api/runs/{run}".
func known() (routes []string) {
	s := New(Config{MaxConnections: 1}, nil, nil, nil, slog.New(slog.DiscardHandler))
	seen := map[string]bool{}
	for _, route := range s.app.GetRoutes(true) { // without what every request goes through
		name := route.Method + " " + inBraces(route.Path)
		if !seen[name] {
			routes = append(routes, name)
		}
		seen[name] = true
	}
	return routes
}

// inBraces writes the parameters of a path as documents do.
func inBraces(path string) string {
	parts := strings.Split(path, "/")
	for i, part := range parts {
		if name, ok := strings.CutPrefix(part, ":"); ok {
			parts[i] = "{" + name + "}"
		}
	}
	return strings.Join(parts, "/")
}

// documented returns the operations of the document, and HEAD with every GET, as it says.
func documented(t *testing.T) (operations []string) {
	t.Helper()
	text, err := docs.FS.ReadFile("openapi.json")
	require.NoError(t, err)
	var document struct {
		Paths map[string]map[string]json.RawMessage
	}
	require.NoError(t, json.Unmarshal(text, &document))
	for path, item := range document.Paths {
		for method := range item {
			if method = strings.ToUpper(method); method == "PARAMETERS" {
				continue
			}
			operations = append(operations, method+" "+path)
			if method == http.MethodGet {
				operations = append(operations, fiber.MethodHead+" "+path)
			}
		}
	}
	return operations
}

func TestEveryRouteIsInTheDocumentAndTheOtherWayRound(t *testing.T) {
	t.Parallel()
	require.ElementsMatch(t, documented(t), known())
	require.Greater(t, len(known()), 20)
}

// Both documents are about this server, so they name each other's paths.
func TestEverySocketIsInTheAsyncDocument(t *testing.T) {
	t.Parallel()
	text, err := docs.FS.ReadFile("asyncapi.json")
	require.NoError(t, err)
	var document struct {
		Channels map[string]struct{ Address string }
	}
	require.NoError(t, json.Unmarshal(text, &document))
	var sockets, channels []string
	for _, route := range known() {
		if path, ok := strings.CutPrefix(route, "GET "); ok && (path == "/ws" || strings.HasPrefix(path, "/ws/")) {
			sockets = append(sockets, path)
		}
	}
	for _, channel := range document.Channels {
		channels = append(channels, channel.Address)
	}
	require.ElementsMatch(t, sockets, channels)
}
