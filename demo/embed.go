// Package demo carries the demo page: one HTML file with its script and its
// style sheet, served as they are. There is no build step and nothing is
// loaded from another host, so the strict Content-Security-Policy of the
// server is all the page needs.
package demo

import "embed"

// FS holds ws-demo.html, ws-demo.js and ws-demo.css at its root.
//
//go:embed ws-demo.html ws-demo.js ws-demo.css
var FS embed.FS
