package store

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spool/schema"
)

func TestAnApprovalComesBackByteForByte(t *testing.T) {
	t.Parallel()
	s := openNew(t)
	run, _ := newTurn("ann", "conv-1", "hello", "")
	a := newApproval(run)
	require.NoError(t, s.InsertApproval(t.Context(), a))
	got, err := s.Approval(t.Context(), "ann", a.ID)
	require.NoError(t, err)
	require.Equal(t, a, got)
	_, err = s.Approval(t.Context(), "bob", a.ID)
	require.ErrorIs(t, err, ErrNotFound)
	changed := a
	changed.Tool = "another"
	require.NoError(t, s.InsertApproval(t.Context(), changed))
	got, err = s.Approval(t.Context(), "ann", a.ID)
	require.NoError(t, err)
	require.Equal(t, a, got, "the first one stays")
	require.Error(t, s.InsertApproval(t.Context(), Approval{}))
}

func TestA10AnApprovalIsDecidedOnce(t *testing.T) {
	t.Parallel()
	s := openNew(t)
	for range 10 {
		a := newApproval(newRun())
		require.NoError(t, s.InsertApproval(t.Context(), a))
		decided := make([]Approval, 20)
		won := []int{}
		for i, err := range together(len(decided), func(i int) (err error) {
			decided[i], err = s.DecideApproval(t.Context(), a.ID, func(a *Approval) { decideAs(a, i) })
			return err
		}) {
			if err == nil {
				won = append(won, i)
			} else {
				require.ErrorIs(t, err, ErrFinal)
			}
		}
		require.Len(t, won, 1)
		decideAs(&a, won[0])
		for i := range decided {
			require.Equal(t, a, decided[i], "all are told the one that won")
		}
		got, err := s.Approval(t.Context(), "", a.ID)
		require.NoError(t, err)
		require.Equal(t, a, got)
	}
	_, err := s.DecideApproval(t.Context(), "apr_none", func(*Approval) {})
	require.ErrorIs(t, err, ErrNotFound)
}

// decideAs is the decision of the n-th of many.
func decideAs(a *Approval, n int) {
	a.State, a.DecidedAt, a.Reason = schema.ApprovalDenied, new(day(n)), "because"
}

func TestApprovalsAreFiltered(t *testing.T) {
	t.Parallel()
	s := openNew(t)
	all := []Approval{}
	for i := range 8 {
		run := newRun()
		run.User, run.ID, run.Conversation = []string{"ann", "bob"}[i%2], []string{"run 1", "run 2"}[i/4], []string{"c1", "", "c2"}[i%3]
		a := newApproval(run)
		require.NoError(t, s.InsertApproval(t.Context(), a))
		if i == 6 {
			var err error
			a, err = s.DecideApproval(t.Context(), a.ID, func(a *Approval) { a.State = schema.ApprovalAllowed })
			require.NoError(t, err)
		}
		all = append(all, a)
	}
	for _, c := range []struct {
		filter ApprovalFilter
		want   []int
	}{
		{ApprovalFilter{Limit: 2}, []int{7, 6}},
		{ApprovalFilter{User: "ann"}, []int{6, 4, 2, 0}},
		{ApprovalFilter{User: "ann", State: schema.ApprovalPending}, []int{4, 2, 0}},
		{ApprovalFilter{State: schema.ApprovalPending, Run: "run 2"}, []int{7, 5, 4}},
		{ApprovalFilter{Conversation: "c2"}, []int{5, 2}},
		{ApprovalFilter{User: "eve"}, []int{}},
	} {
		want := []Approval{}
		for _, i := range c.want {
			want = append(want, all[i])
		}
		got, err := s.Approvals(t.Context(), c.filter)
		require.NoError(t, err)
		require.Equal(t, want, got, "%+v", c.filter)
	}
}

func TestApprovalsAreForgottenWithTheirRun(t *testing.T) {
	t.Parallel()
	s := openNew(t)
	stays, goes := ended(newRun(), schema.Succeeded, day(5)), ended(newRun(), schema.Succeeded, day(2))
	for _, run := range []Run{stays, goes} {
		require.NoError(t, s.Insert(t.Context(), run))
		require.NoError(t, s.InsertApproval(t.Context(), newApproval(run)))
		require.NoError(t, s.MarkGone(t.Context(), run.ID))
	}
	n, err := s.Forget(t.Context(), day(3))
	require.NoError(t, err)
	require.Equal(t, int64(1), n)
	left, err := s.Approvals(t.Context(), ApprovalFilter{})
	require.NoError(t, err)
	require.Len(t, left, 1)
	require.Equal(t, stays.ID, left[0].Run)
}

func TestTimesOfApprovalsAreInUTC(t *testing.T) {
	t.Parallel()
	s := openNew(t)
	a := newApproval(newRun())
	local := time.Now().In(time.FixedZone("there", 3600))
	a.CreatedAt, a.ExpiresAt = local, &local
	require.NoError(t, s.InsertApproval(t.Context(), a))
	got, err := s.Approval(t.Context(), "", a.ID)
	require.NoError(t, err)
	require.Equal(t, local.UTC().Round(0), got.CreatedAt)
	require.Equal(t, local.UTC().Round(0), *got.ExpiresAt)
}
