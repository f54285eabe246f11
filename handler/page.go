package handler

import (
	"path"

	"github.com/gofiber/fiber/v2"

	"spool/demo"
)

// page answers with a file that is part of the program.
func page(name string) fiber.Handler {
	content, err := demo.FS.ReadFile(name)
	if err != nil {
		panic("handler: embedded page: " + err.Error())
	}
	return func(c *fiber.Ctx) error {
		c.Type(path.Ext(name), "utf-8")
		c.Set(fiber.HeaderCacheControl, "no-cache")
		return c.Send(content)
	}
}
