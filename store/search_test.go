package store

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"spool/schema"
)

// search returns what a user's search finds.
func search(t testing.TB, s *Store, user, query string) []schema.Found {
	t.Helper()
	list, err := s.Search(t.Context(), user, query, 0)
	require.NoError(t, err, "%q", query)
	return list
}

func TestASearchFindsMessagesAndTitles(t *testing.T) {
	t.Parallel()
	s := openNew(t)
	id := insertNew(t, s, "ann")
	said := say(t, s, "ann", id, "How do I cook Käsespätzle?", "Boil them; then the cheese.")
	list := search(t, s, "ann", "cheese")
	require.Equal(t, []schema.Found{{
		Conversation: id, Title: "How do I cook Käsespätzle?", Message: said[1].ID, Role: schema.RoleAssistant,
		Snippet: "Boil them; then the \uE000cheese\uE001.", At: said[1].CreatedAt,
	}}, list)
	list = search(t, s, "ann", "kasespatz") // no accents, and not all of it
	require.Len(t, list, 2)
	for _, f := range list {
		require.Equal(t, "How do I cook \uE000Käsespätzle\uE001?", f.Snippet)
	}
	require.ElementsMatch(t, []string{said[0].ID, ""}, []string{list[0].Message, list[1].Message})
	require.Empty(t, search(t, s, "ann", "boil spatz"), "all words are in one text")
	require.Len(t, search(t, s, "ann", "them chee"), 1)
	require.Empty(t, search(t, s, "ann", "chee them"), "only the last is a beginning")
}

func TestWhatFitsBestComesFirst(t *testing.T) {
	t.Parallel()
	s := openNew(t)
	id := insertNew(t, s, "ann")
	texts := []string{"filler", strings.Repeat("other words ", 50) + "needle", "needle needle needle"}
	for range 20 {
		texts = append(texts, "about something else")
	}
	said := say(t, s, "ann", id, texts...)
	list := search(t, s, "ann", "needle")
	require.Equal(t, []string{said[2].ID, said[1].ID}, []string{list[0].Message, list[1].Message})
	list, err := s.Search(t.Context(), "ann", "needle", 1)
	require.NoError(t, err)
	require.Len(t, list, 1)
}

func TestNoQueryIsASyntaxError(t *testing.T) {
	t.Parallel()
	s := openNew(t)
	id := insertNew(t, s, "ann")
	say(t, s, "ann", id, `the words AND "near" {of} x-ray`)
	for query, hits := range map[string]int{
		`"`: 0, `""`: 0, `*`: 0, `(`: 0, `^`: 0, `words*`: 2, `^the`: 2, `words:x`: 0, `-words`: 2, `{of}`: 2, `"near`: 2, `AND`: 2, `NOT`: 0, `NEAR(`: 2,
		`x-ray`: 2, `x ra`: 2, `words !!!`: 2, `!!! words`: 2, "the\x00words": 2, "\xff": 0, "": 0, " \t\n": 0, `'; DROP TABLE messages`: 0, `\`: 0, `words + x`: 2,
		strings.Repeat("the ", maxTerms) + "nothing": 2, strings.Repeat(`"`, 5000): 0, strings.Repeat("x", 100_000): 0,
	} {
		require.Len(t, search(t, s, "ann", query), hits, "%.40q", query)
	}
}

func FuzzSearch(f *testing.F) {
	s := openNew(f)
	say(f, s, "", insertNew(f, s, ""), "some words")
	f.Add(`"a" OR b*`)
	f.Fuzz(func(t *testing.T, query string) { search(t, s, "", query) })
}

func TestAMessageOfManyConversationsIsFoundInTheLatest(t *testing.T) {
	t.Parallel()
	s := openNew(t)
	first := insertNew(t, s, "ann")
	said := say(t, s, "ann", first, "the needle", "an answer")
	branch := newConversation("ann")
	branch.Head, branch.Title, branch.UpdatedAt = said[1].ID, "branch", day(1)
	require.NoError(t, s.InsertConversation(t.Context(), branch))
	found := func() []string {
		conversations := []string{}
		for _, f := range search(t, s, "ann", "needle") {
			if f.Message != "" {
				conversations = append(conversations, f.Conversation+" "+f.Title)
			}
		}
		return conversations
	}
	require.Equal(t, []string{first + " the needle"}, found())
	say(t, s, "ann", branch.ID, "more")
	require.Equal(t, []string{branch.ID + " branch"}, found())
	require.NoError(t, s.DeleteConversation(t.Context(), "ann", branch.ID))
	require.Equal(t, []string{first + " the needle"}, found())
	require.NoError(t, s.DeleteConversation(t.Context(), "ann", first))
	require.Empty(t, found())
}

func TestAMessageIsFoundAsItsConversationHasIt(t *testing.T) {
	t.Parallel()
	s := openNew(t)
	first, second := insertNew(t, s, "ann"), insertNew(t, s, "ann")
	before, after := say(t, s, "ann", first, "hello", "the needle"), say(t, s, "ann", second, "hello", "the needle")
	want := schema.Found{
		Conversation: second, Title: "hello", Message: after[1].ID, Role: schema.RoleAssistant, Snippet: "the \uE000needle\uE001", At: after[1].CreatedAt,
	}
	require.Equal(t, []schema.Found{want}, search(t, s, "ann", "needle"))
	require.NoError(t, s.DeleteConversation(t.Context(), "ann", second))
	want.Conversation, want.At = first, before[1].CreatedAt
	require.Equal(t, []schema.Found{want}, search(t, s, "ann", "needle"))
}

func TestWhatOthersSayTakesNobodysPlace(t *testing.T) {
	t.Parallel()
	s := openNew(t)
	say(t, s, "bob", insertNew(t, s, "bob"), "needle", "needle", "needle")
	said := say(t, s, "ann", insertNew(t, s, "ann"), "question", "a needle in a long text")
	list, err := s.Search(t.Context(), "ann", "needle", 1)
	require.NoError(t, err)
	require.Len(t, list, 1)
	require.Equal(t, said[1].ID, list[0].Message)
}

func TestTitlesAreFoundAsTheyAreNow(t *testing.T) {
	t.Parallel()
	s := openNew(t)
	id := insertNew(t, s, "ann")
	for _, title := range []string{"first name", "second name"} {
		_, err := s.ChangeConversation(t.Context(), "ann", id, func(c *Conversation) error { c.Title = title; return nil })
		require.NoError(t, err)
	}
	require.Empty(t, search(t, s, "ann", "first"))
	list := search(t, s, "ann", "second")
	require.Len(t, list, 1)
	require.Equal(t, []string{id, "second name", ""}, []string{list[0].Conversation, list[0].Title, list[0].Message})
}

func TestSnippetsAreShort(t *testing.T) {
	t.Parallel()
	s := openNew(t)
	id := insertNew(t, s, "ann")
	say(t, s, "ann", id, "words", strings.Repeat("word ", 1000)+"needle"+strings.Repeat(" word", 1000),
		"question", strings.Repeat("ü", 10_000)+" needle", "question", strings.Repeat("long", 10_000))
	for _, query := range []string{"needle", "longlong"} {
		for _, f := range search(t, s, "ann", query) {
			require.LessOrEqual(t, utf8.RuneCountInString(f.Snippet), maxSnippet+3)
			require.Equal(t, 1, strings.Count(f.Snippet, hitBegin))
			require.Equal(t, 1, strings.Count(f.Snippet, hitEnd))
		}
	}
	require.Len(t, search(t, s, "ann", "needle"), 2)
	require.Len(t, search(t, s, "ann", "longlong"), 1)
}

func TestASearchLeavesDamagedRecordsOut(t *testing.T) {
	t.Parallel()
	s := openNew(t)
	id := insertNew(t, s, "ann")
	said := say(t, s, "ann", id, "question", "needle one", "question", "needle two")
	_, err := s.changes.Exec("UPDATE messages SET content = 'needle what' WHERE id = $1", said[1].ID)
	require.NoError(t, err)
	list, err := s.Search(t.Context(), "ann", "needle", 0)
	require.ErrorIs(t, err, ErrDamaged)
	require.ErrorContains(t, err, said[1].ID)
	require.Len(t, list, 1)
	require.Equal(t, said[3].ID, list[0].Message)
	_, err = s.changes.Exec("UPDATE conversations SET record = ''")
	require.NoError(t, err)
	list, err = s.Search(t.Context(), "ann", "question", 0)
	require.ErrorIs(t, err, ErrDamaged)
	require.Empty(t, list)
}
