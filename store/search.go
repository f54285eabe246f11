package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"spool/schema"
)

// What stands around each hit in a snippet: characters that have no meaning.
const (
	hitBegin = "\uE000"
	hitEnd   = "\uE001"
)

// Bounds of a search: the words that are looked for, because thousands take seconds, and the characters
// of a snippet, because one word can be as long as a text.
const (
	maxTerms   = 32
	maxSnippet = 400
)

const (
	messageSnippet = `snippet(message_words, 0, '` + hitBegin + `', '` + hitEnd + `', '…', 24)`
	titleSnippet   = `snippet(title_words, 0, '` + hitBegin + `', '` + hitEnd + `', '…', 24)`

	findMessages = `SELECT ` + nodeColumns + `, rank, ` + messageSnippet + `
		FROM message_words CROSS JOIN messages m ON m.seq = message_words.rowid` + asLatest + `
		WHERE message_words MATCH $2 AND m.user_name = $1 ORDER BY rank`
	findTitles = `SELECT ` + conversationColumns + `, rank, ` + titleSnippet + `
		FROM title_words CROSS JOIN conversations ON conversations.seq = title_words.rowid
		WHERE title_words MATCH $2 AND user_name = $1 ORDER BY rank`
)

// found is a result of a search, and how well it fits: less is better.
type found struct {
	schema.Found
	rank float64
}

var (
	foundMessages = kind[found]{"message", nodeColumnCount + 2, decodeFoundMessage}
	foundTitles   = kind[found]{"conversation", conversationColumnCount + 2, decodeFoundTitle}
)

// Search returns the messages and titles of a user's conversations that have all words of a query (the first 32 of it), the last of which
// may be the beginning of one; what fits best comes first. Damaged records are left out and named in an error that wraps [ErrDamaged].
func (s *Store) Search(ctx context.Context, user, query string, limit int) ([]schema.Found, error) {
	match := matching(query)
	if match == "" {
		return []schema.Found{}, nil
	}
	texts, textErr := list(ctx, s, foundMessages, limit, findMessages, user, match)
	titles, titleErr := list(ctx, s, foundTitles, limit, findTitles, user, match)
	all := append(titles, texts...)
	slices.SortStableFunc(all, func(a, b found) int { return cmp.Compare(a.rank, b.rank) })
	if limit > 0 && len(all) > limit {
		all = all[:limit]
	}
	results, err := s.entitled(ctx, user, all)
	if err := errors.Join(textErr, titleErr, err); err != nil {
		return results, fmt.Errorf("search: %w", err)
	}
	return results, nil
}

// matching returns a query as the index takes it: each word is quoted, so that no character of it means
// anything.
func matching(query string) string {
	terms := strings.Fields(strings.ReplaceAll(query, "\x00", " ")) // an expression ends at a zero byte
	terms = terms[:min(len(terms), maxTerms)]
	for i, term := range terms {
		terms[i] = `"` + strings.ReplaceAll(term, `"`, `""`) + `"`
	}
	if len(terms) == 0 {
		return ""
	}
	return strings.Join(terms, " ") + "*"
}

// entitled sets the titles of the conversations in which messages were found. A conversation that was deleted meanwhile
// takes its results along, and so does a damaged one.
func (s *Store) entitled(ctx context.Context, user string, all []found) ([]schema.Found, error) {
	results, faults := []schema.Found{}, []error(nil)
	for _, f := range all {
		if f.Message != "" {
			c, err := s.Conversation(ctx, user, f.Conversation)
			if errors.Is(err, ErrNotFound) {
				continue
			}
			if err != nil {
				faults = append(faults, err)
				continue
			}
			f.Title = c.Title
		}
		results = append(results, f.Found)
	}
	return results, errors.Join(faults...)
}

// decodeFoundMessage returns the result of a row of findMessages.
func decodeFoundMessage(row []string) (f found, err error) {
	n, err := decodeNode(row[:nodeColumnCount])
	if err == nil {
		_, err = fmt.Sscan(row[nodeColumnCount], &f.rank)
	}
	f.Conversation, f.Message, f.Role, f.At = n.conversation, n.ID, n.Role, n.CreatedAt
	f.Snippet = clip(row[nodeColumnCount+1])
	return f, err
}

// decodeFoundTitle returns the result of a row of findTitles.
func decodeFoundTitle(row []string) (f found, err error) {
	c, err := decodeConversation(row[:conversationColumnCount])
	if err == nil {
		_, err = fmt.Sscan(row[conversationColumnCount], &f.rank)
	}
	f.Conversation, f.Title, f.At = c.ID, c.Title, c.UpdatedAt
	f.Snippet = clip(row[conversationColumnCount+1])
	return f, err
}

// clip cuts a snippet that is too long to the beginning of its first hit.
func clip(snippet string) string {
	if utf8.RuneCountInString(snippet) <= maxSnippet {
		return snippet
	}
	_, hit, _ := strings.Cut(snippet, hitBegin)
	hit = cut(hit, maxSnippet)
	if whole, _, ended := strings.Cut(hit, hitEnd); ended {
		hit = whole
	}
	return hitBegin + hit + hitEnd + "…"
}
