package handler

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"

	"spool/chat"
	"spool/schema"
)

// maxQueryLength bounds what is searched for, in characters.
const maxQueryLength = 200

// search answers GET /api/search.
func (s *Server) search(c *fiber.Ctx) error {
	query := c.Query("q")
	if strings.TrimSpace(query) == "" || utf8.RuneCountInString(query) > maxQueryLength || !utf8.ValidString(query) {
		return schema.NewError(schema.BadRequest, "q must be what to search for: 1 to 200 characters")
	}
	limit, err := limitOf(c)
	if err != nil {
		return err
	}
	ctx, cancel := call()
	defer cancel()
	found, err := s.chats.Search(ctx, user, query, limit)
	if err != nil {
		return err
	}
	return answerJSON(c, http.StatusOK, schema.FoundList{Results: orEmpty(found)})
}

// limitOf returns how many entries of a list a client wants.
func limitOf(c *fiber.Ctx) (int, error) {
	text := c.Query("limit")
	if text == "" {
		return defaultLimit, nil
	}
	limit, err := strconv.Atoi(text)
	if err != nil || limit < 1 || limit > maxLimit {
		return 0, schema.NewError(schema.BadRequest, "limit must be a number from 1 to "+strconv.Itoa(maxLimit))
	}
	return limit, nil
}

// usageKeys are what usage can be told apart by.
var usageKeys = []string{"day", "model", "conversation", "meta"}

// usage answers GET /api/usage.
func (s *Server) usage(c *fiber.Ctx) error {
	q := chat.UsageQuery{Conversation: c.Query("conversation"), Meta: c.Query("meta"), Model: c.Query("model")}
	if by := c.Query("by"); by != "" {
		q.By = strings.Split(by, ",")
	}
	if slices.ContainsFunc(q.By, func(key string) bool { return !slices.Contains(usageKeys, key) }) {
		return schema.NewError(schema.BadRequest, "by must be some of "+strings.Join(usageKeys, ","))
	}
	if q.Conversation != "" && !schema.ConversationID.MatchString(q.Conversation) {
		return schema.ErrNoSession
	}
	var err error
	if q.From, err = timeOf(c, "from"); err != nil {
		return err
	}
	if q.To, err = timeOf(c, "to"); err != nil {
		return err
	}
	ctx, cancel := call()
	defer cancel()
	rows, err := s.chats.Usage(ctx, user, q)
	if err != nil {
		return err
	}
	return answerJSON(c, http.StatusOK, schema.UsageList{Usage: orEmpty(rows)})
}

// timeOf reads a time, or a day, which is its beginning in UTC; zero if none is given.
func timeOf(c *fiber.Ctx, name string) (t time.Time, err error) {
	text := c.Query(name)
	if text == "" {
		return t, nil
	}
	if t, err = time.Parse(time.DateOnly, text); err != nil {
		t, err = time.Parse(time.RFC3339, text)
	}
	if err != nil {
		return t, schema.NewError(schema.BadRequest, name+" must be a time such as 2026-01-02T03:04:05Z, or a day such as 2026-01-02")
	}
	return t, nil
}
