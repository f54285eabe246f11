package handler

import (
	"github.com/gofiber/fiber/v2"

	"spool/docs"
)

// document answers with one of the documents that describe this server to programs.
func document(name string) fiber.Handler {
	content, err := docs.FS.ReadFile(name)
	if err != nil {
		panic("handler: embedded document: " + err.Error())
	}
	return func(c *fiber.Ctx) error {
		c.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSON)
		c.Set(fiber.HeaderCacheControl, "no-cache") // it changes with the program
		return c.Send(content)
	}
}
