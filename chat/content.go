package chat

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"spool/schema"
)

// checkContent refuses what is no message to the agent.
func checkContent(content string) error {
	refuse := func(text string) error { return schema.NewError(schema.InvalidContent, text) }
	switch {
	case strings.TrimFunc(content, isBlank) == "":
		return refuse("content must not be empty or blank")
	case len(content) > schema.MaxContentBytes:
		return refuse("content must be at most 49152 bytes of UTF-8")
	case strings.ContainsRune(content, 0):
		return refuse("content must not contain a NUL character")
	case !utf8.ValidString(content):
		return refuse("content must be UTF-8")
	}
	return nil
}

// isBlank also counts the byte order mark, which the agent takes for nothing.
func isBlank(r rune) bool { return unicode.IsSpace(r) || r == '\ufeff' }

// checkLabel refuses what is no title, icon or tag.
func checkLabel(name, text string, most int) error {
	switch {
	case utf8.RuneCountInString(text) > most:
		return invalid(name + " is too long")
	case !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl):
		return invalid(name + " must not contain control characters")
	}
	return nil
}
