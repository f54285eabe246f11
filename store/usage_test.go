package store

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spool/schema"
)

// took is what each run of these tests takes.
var took = schema.Usage{InputTokens: 1, OutputTokens: 10, CacheReadTokens: 100, CacheCreationTokens: 1000, Turns: 2, CostUSD: 0.5}

// spend has a run end that took something.
func spend(t testing.TB, s *Store, at time.Time, with func(*Run)) Run {
	t.Helper()
	run := newRun()
	run.User, run.Conversation, run.Meta, run.Usage = "ann", "c1", "A", &took
	with(&run)
	require.NoError(t, s.Insert(t.Context(), run))
	run = ended(run, schema.Failed, at)
	require.NoError(t, s.Update(t.Context(), run))
	return run
}

// usage returns what a filter adds up.
func usage(t testing.TB, s *Store, f UsageFilter) []schema.UsageRow {
	t.Helper()
	rows, err := s.Usage(t.Context(), f)
	require.NoError(t, err)
	return rows
}

// times returns what n runs of these tests take.
func times(n int64) schema.UsageRow {
	return schema.UsageRow{Runs: n, Usage: schema.Usage{
		InputTokens: n, OutputTokens: 10 * n, CacheReadTokens: 100 * n, CacheCreationTokens: 1000 * n, Turns: 2 * n, CostUSD: 0.5 * float64(n),
	}}
}

func TestUsageIsAddedUp(t *testing.T) {
	t.Parallel()
	s := openNew(t)
	require.Empty(t, usage(t, s, UsageFilter{}))
	for i := range 12 {
		spend(t, s, day(20000+i%3).Add(time.Duration(i)*time.Hour), func(r *Run) {
			r.User, r.Conversation, r.Meta = []string{"ann", "bob"}[i%2], []string{"c1", "c2"}[i/6], []string{"A", "B", "", "D"}[i/3]
		})
	}
	require.Equal(t, []schema.UsageRow{times(12)}, usage(t, s, UsageFilter{}))
	require.Equal(t, []schema.UsageRow{times(6)}, usage(t, s, UsageFilter{User: "ann"}))
	require.Equal(t, []schema.UsageRow{times(3)}, usage(t, s, UsageFilter{Meta: "B"}))
	require.Equal(t, []schema.UsageRow{times(3)}, usage(t, s, UsageFilter{User: "bob", Conversation: "c2"}))
	require.Empty(t, usage(t, s, UsageFilter{User: "eve"}))
	want := []schema.UsageRow{}
	for i := range 3 {
		row := times(2)
		row.Day = day(20000 + i).Format(time.DateOnly)
		want = append(want, row)
	}
	require.Equal(t, want, usage(t, s, UsageFilter{User: "ann", By: []string{"day"}}))
	pairs := usage(t, s, UsageFilter{By: []string{"conversation", "meta"}})
	got := [][2]string{}
	for _, p := range pairs {
		got = append(got, [2]string{p.Conversation, p.Meta})
	}
	require.Equal(t, [][2]string{{"c1", "A"}, {"c1", "B"}, {"c2", ""}, {"c2", "D"}}, got)
}

func TestTimesOfUsageAreEndsOfRuns(t *testing.T) {
	t.Parallel()
	s := openNew(t)
	for _, hour := range []int{0, 12, 24} {
		spend(t, s, day(20000).Add(time.Duration(hour)*time.Hour), func(*Run) {})
	}
	require.Equal(t, []schema.UsageRow{times(2)}, usage(t, s, UsageFilter{From: day(20000), To: day(20001)}))
	require.Equal(t, []schema.UsageRow{times(1)}, usage(t, s, UsageFilter{From: day(20001)}))
	require.Equal(t, []schema.UsageRow{times(1)}, usage(t, s, UsageFilter{To: day(20000).Add(time.Hour)}))
}

func TestUsageTellsModelsApart(t *testing.T) {
	t.Parallel()
	s := openNew(t)
	spend(t, s, day(20000), func(r *Run) {
		r.ModelUsage = map[string]schema.Usage{"opus": {OutputTokens: 9, CostUSD: 0.75}, "haiku": {OutputTokens: 1, CostUSD: 0.25}}
	})
	spend(t, s, day(20000), func(*Run) {})
	spend(t, s, day(20000), func(r *Run) { r.Usage = nil })
	unknown := times(1)
	require.Equal(t, []schema.UsageRow{
		unknown,
		{Model: "haiku", Runs: 1, Usage: schema.Usage{OutputTokens: 1, CostUSD: 0.25}},
		{Model: "opus", Runs: 1, Usage: schema.Usage{OutputTokens: 9, Turns: 2, CostUSD: 0.75}},
	}, usage(t, s, UsageFilter{By: []string{"model"}}))
	all := usage(t, s, UsageFilter{})
	require.Equal(t, int64(2), all[0].Runs, "a run of two models is one")
	require.Equal(t, int64(4), all[0].Turns)
	require.Equal(t, all[0].CostUSD, 1.5)
	opus := usage(t, s, UsageFilter{Model: "opus"})
	require.Equal(t, 0.75, opus[0].CostUSD)
}

func TestUsageCountsEachEndOnce(t *testing.T) {
	t.Parallel()
	s := openNew(t)
	run := spend(t, s, day(20000), func(*Run) {})
	require.ErrorIs(t, s.Update(t.Context(), run), ErrFinal)
	require.NoError(t, s.MarkGone(t.Context(), run.ID))
	require.Equal(t, []schema.UsageRow{times(1)}, usage(t, s, UsageFilter{}))
}

func TestUsageOutlivesRunsAndConversations(t *testing.T) {
	t.Parallel()
	s := openNew(t)
	id := insertNew(t, s, "ann")
	run := spend(t, s, day(20000), func(r *Run) { r.Conversation = id })
	require.NoError(t, s.DeleteConversation(t.Context(), "ann", id))
	require.NoError(t, s.MarkGone(t.Context(), run.ID))
	_, err := s.Forget(t.Context(), day(20001))
	require.NoError(t, err)
	require.Zero(t, rowCount(t, s, "runs"))
	row := times(1)
	row.Conversation = id
	require.Equal(t, []schema.UsageRow{row}, usage(t, s, UsageFilter{By: []string{"conversation"}}))
}

func TestUsageIsToldApartByWhatIsKnownOnly(t *testing.T) {
	t.Parallel()
	s := openNew(t)
	for _, by := range [][]string{{"user_name"}, {"day", "day"}, {"model; DROP TABLE usage"}, {""}} {
		_, err := s.Usage(t.Context(), UsageFilter{By: by})
		require.ErrorContains(t, err, "cannot be told apart")
	}
}
