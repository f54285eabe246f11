package chat

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"spool/schema"
	"spool/store"
)

// Search finds messages and titles.
func (s *Service) Search(ctx context.Context, user, query string, limit int) ([]schema.Found, error) {
	found, err := s.store.Search(ctx, user, query, limit)
	if err != nil {
		return nil, s.fault("search", err)
	}
	return found, nil
}

// UsageQuery says which usage is asked for, and what is told apart: day, model, conversation, meta.
type UsageQuery struct {
	By                        []string
	From, To                  time.Time
	Conversation, Meta, Model string
}

// usageKinds are what usage can be told apart by.
var usageKinds = []string{"day", "model", "conversation", "meta"}

// Usage returns what runs took. The error is BAD_REQUEST or INTERNAL.
func (s *Service) Usage(ctx context.Context, user string, q UsageQuery) ([]schema.UsageRow, error) {
	for i, kind := range q.By {
		if !slices.Contains(usageKinds, kind) || slices.Contains(q.By[:i], kind) {
			return nil, schema.NewError(schema.BadRequest, "by may name "+strings.Join(usageKinds, ", ")+", each once")
		}
	}
	rows, err := s.store.Usage(ctx, store.UsageFilter{
		User: user, By: q.By, From: q.From, To: q.To, Conversation: q.Conversation, Meta: q.Meta, Model: q.Model,
	})
	if err != nil {
		return nil, s.fault("read usage", err)
	}
	return rows, nil
}

// Export returns a conversation from its root to its head, as "json" or "markdown".
func (s *Service) Export(ctx context.Context, user, id, format string) ([]byte, error) {
	messages, c, err := s.Messages(ctx, user, id)
	if err != nil {
		return nil, err
	}
	if format == "markdown" {
		return markdown(c, messages), nil
	}
	return schema.Encode(struct {
		Conversation schema.Conversation `json:"conversation"`
		Messages     []schema.Message    `json:"messages"`
	}{c, messages}), nil
}

// markdown writes each message under a heading of its own.
func markdown(c schema.Conversation, messages []schema.Message) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n", c.Title)
	for _, m := range messages {
		fmt.Fprintf(&b, "\n## %s, %s\n\n%s\n", strings.ToUpper(m.Role[:1])+m.Role[1:], m.CreatedAt.UTC().Format(time.RFC3339), m.Content)
	}
	return []byte(b.String())
}

// Approvals returns the open requests for approvals, of one conversation or of all ("").
func (s *Service) Approvals(ctx context.Context, user, conversation string) ([]schema.Approval, error) {
	if conversation != "" {
		if _, err := s.record(ctx, user, conversation); err != nil {
			return nil, err
		}
	}
	return s.runs.Approvals(ctx, user, conversation)
}

// Approval returns one request: NOT_FOUND or INTERNAL.
func (s *Service) Approval(ctx context.Context, user, id string) (schema.Approval, error) {
	return s.runs.Approval(ctx, user, id)
}

// Decide answers a request for an approval: NOT_FOUND, APPROVAL_GONE, INVALID_OPTION, INTERNAL.
func (s *Service) Decide(ctx context.Context, user, id string, d schema.Decision, by string) (schema.Approval, error) {
	return s.runs.Decide(ctx, user, id, d, by)
}
