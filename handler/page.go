package handler

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"path"
	"sync"

	"github.com/gofiber/fiber/v2"

	"spool/demo"
	"spool/schema"
	"spool/web"
)

// How long a browser may keep a file of the page: ask each time whether it is still the same,
// or for ever, if its name changes with what is in it.
const (
	revalidate = "no-cache"
	immutable  = "public, max-age=31536000, immutable"
)

// routePages lists the pages and what they are made of.
func (s *Server) routePages() {
	for _, path := range []string{"/", "/index.html", "/webchat"} {
		s.app.Get(path, page(web.FS, "index.html"))
	}
	for _, name := range []string{"bundle.js", "styles.css", "icon.svg"} {
		s.app.Get("/"+name, page(web.FS, name))
	}
	s.app.Get("/assets/:name", assets())
	s.app.Get("/demo", page(demo.FS, "ws-demo.html"))
	s.app.Get("/ws-demo.js", page(demo.FS, "ws-demo.js"))
	s.app.Get("/ws-demo.css", page(demo.FS, "ws-demo.css"))
	s.app.Get("/favicon.ico", func(c *fiber.Ctx) error { return c.SendStatus(fiber.StatusNoContent) })
}

// page answers with a file that is part of the program.
func page(from fs.FS, name string) fiber.Handler {
	f := readFile(from, name)
	return func(c *fiber.Ctx) error { return f.answer(c, revalidate) }
}

// assets answers with the files of the chat page that are loaded when they are needed.
func assets() fiber.Handler {
	files := map[string]*file{}
	names, err := fs.Glob(web.FS, "assets/*")
	if err != nil {
		panic("handler: embedded page: " + err.Error())
	}
	for _, name := range names {
		files[path.Base(name)] = readFile(web.FS, name)
	}
	return func(c *fiber.Ctx) error {
		if f := files[c.Params("name")]; f != nil {
			return f.answer(c, immutable)
		}
		return schema.NewError(schema.NotFound, "there is nothing here")
	}
}

// file is a file that is part of the program.
type file struct {
	extension, tag string
	content        []byte
	// packed is the content for browsers that unpack it, which is all of them.
	packed func() []byte
}

func readFile(from fs.FS, name string) *file {
	content, err := fs.ReadFile(from, name)
	if err != nil {
		panic("handler: embedded page: " + err.Error())
	}
	sum := sha256.Sum256(content)
	return &file{
		extension: path.Ext(name), tag: `"` + hex.EncodeToString(sum[:16]) + `"`, content: content,
		packed: sync.OnceValue(func() []byte { return pack(content) }),
	}
}

func pack(content []byte) []byte {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, _ = w.Write(content) // to memory
	_ = w.Close()
	return packed.Bytes()
}

// answer sends the file, unless the browser says that it has it.
func (f *file) answer(c *fiber.Ctx, cache string) error {
	c.Set(fiber.HeaderCacheControl, cache)
	c.Set(fiber.HeaderETag, f.tag)
	c.Vary(fiber.HeaderAcceptEncoding)
	if c.Get(fiber.HeaderIfNoneMatch) == f.tag {
		return c.SendStatus(fiber.StatusNotModified)
	}
	c.Type(f.extension, "utf-8")
	if c.Get(fiber.HeaderAcceptEncoding) != "" && c.AcceptsEncodings("gzip", "identity") == "gzip" {
		c.Set(fiber.HeaderContentEncoding, "gzip")
		return c.Send(f.packed())
	}
	return c.Send(f.content)
}
