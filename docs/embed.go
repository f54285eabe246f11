// Package docs carries the documents that describe the server to programs: openapi.json
// (OpenAPI 3.1) its HTTP routes, asyncapi.json (AsyncAPI 3.0) what is said on its
// WebSockets. Tests of package main hold both against a server.
package docs

import "embed"

// FS holds openapi.json and asyncapi.json at its root.
//
//go:embed openapi.json asyncapi.json
var FS embed.FS
