// Package web carries the chat page: what Vite has built of the sources in src, and is
// committed in dist, so that the server needs no Node. `npm run build` makes it again; a test
// holds the two together. Nothing in it is loaded from another host, and nothing is inline, so
// that the server's strict Content-Security-Policy is all the page needs.
package web

import (
	"embed"
	"io/fs"
)

//go:embed all:dist
var dist embed.FS

// FS holds index.html and what it loads: bundle.js, styles.css, icon.svg and the files of
// assets, whose names change with what is in them.
var FS = mustSub()

func mustSub() fs.FS {
	sub, err := fs.Sub(dist, "dist")
	if err != nil {
		panic("web: " + err.Error())
	}
	return sub
}
