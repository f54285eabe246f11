package chat

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"spool/run"
	"spool/schema"
)

func TestAMessageIsAnswered(t *testing.T) {
	h, c := oneConversation(t, nil)
	v := h.view(c.ID, From{})
	require.False(t, v.Ack.IsProcessing)
	sent := h.send(c.ID, "Good morning")

	first := v.next()
	require.Equal(t, schema.KindText, first.Kind)
	require.Equal(t, "Good morning", first.Content)
	require.Equal(t, schema.RoleUser, first.Role)
	require.Equal(t, sent.Message, first.MessageID)
	end := v.untilComplete(sent.Run)
	require.True(t, end.Success)
	require.Zero(t, end.ExitCode)
	require.NotNil(t, end.Usage)
	for i, f := range v.seen {
		require.EqualValues(t, i+1, f.Seq)
		require.Equal(t, c.ID, f.SessionID)
		require.Equal(t, sent.Run, f.RunID)
	}
	answer := v.seen[slices.IndexFunc(v.seen, func(f schema.ChatFrame) bool { return f.Kind == schema.KindText && f.Role == schema.RoleAssistant })]
	require.Positive(t, answer.Line)

	h.awaitIdle(c.ID)
	messages, now := h.messages(c.ID)
	require.Len(t, messages, 2)
	require.Equal(t, sent.Message, messages[0].ID)
	require.Equal(t, answer.Content, messages[1].Content)
	require.Equal(t, messages[0].ID, messages[1].Parent)
	require.Equal(t, messages[1].ID, now.Head)
	require.Equal(t, now.Head, end.Head)
	require.Equal(t, "Good morning", now.Title)
	require.Equal(t, 2, now.MessageCount)
	require.Empty(t, now.Run)
	require.Equal(t, end.Usage.OutputTokens, now.Usage.OutputTokens)
}

func TestABlankTitleIsNone(t *testing.T) {
	h := newHouse(t, nil)
	c, err := h.Create(t.Context(), "", NewConversation{Title: " "})
	require.NoError(t, err)
	h.ask(c.ID, "Good morning")
	now := h.get(c.ID)
	require.Equal(t, "Good morning", now.Title)
}

func TestAConversationGoesOnInTheSameProcess(t *testing.T) {
	h, c := oneConversation(t, nil)
	h.ask(c.ID, "one")
	h.ask(c.ID, "two")
	end := h.ask(c.ID, "history")
	require.Contains(t, end.Result, "one")
	require.Contains(t, end.Result, "two")
	require.EqualValues(t, 2, h.runs.Kept().Reused)
}

// The agent writes a session down a moment later than it answers.
func TestALivingProcessKnowsASessionThatIsNotWrittenDownYet(t *testing.T) {
	h := newHouse(t, nil)
	h.config.HasSession = func(_, _, _ string) bool { return false }
	c := h.create()
	h.ask(c.ID, "one")
	h.ask(c.ID, "two")
	require.EqualValues(t, 1, h.runs.Kept().Reused)
	h.runs.LetGo(c.ID)
	require.Contains(t, h.ask(c.ID, "history").Result, "two", "it is told what was said")
	require.EqualValues(t, 1, h.runs.Kept().Reused)
}

// A process that was started from other settings than there are now is used no more, and nothing
// that was said is lost with it.
func TestAConversationGoesOnInAnotherProcessAfterAChange(t *testing.T) {
	h, c := oneConversation(t, nil)
	h.ask(c.ID, "one")
	h.ask(c.ID, "two")
	settings := filepath.Join(h.dir, "home", ".claude", "settings.json")
	require.NoError(t, os.MkdirAll(filepath.Dir(settings), 0o700))
	require.NoError(t, os.WriteFile(settings, []byte("{}"), 0o600))
	end := h.ask(c.ID, "history")
	require.Contains(t, end.Result, "one")
	require.Contains(t, end.Result, "two")
	kept := h.runs.Kept()
	require.EqualValues(t, 1, kept.Reused)
	require.Equal(t, 1, kept.Alive)
	require.EqualValues(t, 1, kept.Ends.Stale+kept.Ends.Unfit)
	h.ask(c.ID, "three")
	require.EqualValues(t, 2, h.runs.Kept().Reused)
}

func TestABranchKnowsOnlyWhatWasSaidBeforeIt(t *testing.T) {
	h, c := oneConversation(t, nil)
	h.ask(c.ID, "apple")
	fork, _ := h.messages(c.ID)
	h.ask(c.ID, "banana")

	sent := h.accepted(Send{Conversation: c.ID, Content: "history", Parent: &fork[1].ID})
	v := h.view(c.ID, From{})
	end := v.untilComplete(sent.Run)
	require.Contains(t, end.Result, "apple")
	require.NotContains(t, end.Result, "banana")
	h.awaitIdle(c.ID)

	tree, err := h.Tree(t.Context(), "", c.ID)
	require.NoError(t, err)
	require.Len(t, tree, 6, "the other branch is kept")
	path, now := h.messages(c.ID)
	require.Len(t, path, 4)

	other := tree[slices.IndexFunc(tree, func(m schema.Message) bool {
		return m.Parent != "" && m.Role == schema.RoleAssistant && m.ID != fork[1].ID && m.ID != now.Head
	})]
	_, err = h.Update(t.Context(), "", c.ID, Update{Head: &other.ID, ExpectedHead: &now.Head})
	require.NoError(t, err)
	end = h.ask(c.ID, "history")
	require.Contains(t, end.Result, "banana")
}

func TestABranchInANewConversation(t *testing.T) {
	h, c := oneConversation(t, nil)
	h.ask(c.ID, "apple")
	path, _ := h.messages(c.ID)
	h.ask(c.ID, "banana")
	branch, err := h.Create(t.Context(), "", NewConversation{Title: "Branch", From: path[1].ID})
	require.NoError(t, err)
	require.Equal(t, 2, branch.MessageCount)
	end := h.ask(branch.ID, "history")
	require.Contains(t, end.Result, "apple")
	require.NotContains(t, end.Result, "banana")

	require.NoError(t, h.Delete(t.Context(), "", c.ID))
	path, _ = h.messages(branch.ID)
	require.Len(t, path, 4, "what the branch has stays")
}

func TestOnlyOneOfManyMessagesAtOnceIsAnswered(t *testing.T) {
	h, c := oneConversation(t, nil)
	var all sync.WaitGroup
	results := make(chan error, 100)
	for range 100 {
		all.Go(func() {
			_, err := h.Send(t.Context(), "", Send{Conversation: c.ID, Content: "silent"})
			results <- err
		})
	}
	all.Wait()
	close(results)
	accepted := 0
	for err := range results {
		if err == nil {
			accepted++
			continue
		}
		require.ErrorIs(t, err, errInProgress)
	}
	require.Equal(t, 1, accepted)
	require.NoError(t, h.Abort(t.Context(), "", c.ID))
}

func TestMessagesWaitInLine(t *testing.T) {
	h, c := oneConversation(t, nil)
	v := h.view(c.ID, From{})
	h.send(c.ID, "slow")
	v.until(schema.KindStreamDelta)
	for i, text := range []string{"first", "second"} {
		sent := h.accepted(Send{Conversation: c.ID, Content: text, Queue: true, ClientMessageID: text})
		require.Equal(t, Sent{Queued: i + 1}, sent)
	}
	sent := h.accepted(Send{Conversation: c.ID, Content: "first", Queue: true, ClientMessageID: "first"})
	require.Equal(t, Sent{Queued: 1, Again: true}, sent)
	_, err := h.Send(t.Context(), "", Send{Conversation: c.ID, Content: "third", Queue: true, ClientMessageID: "first"})
	require.ErrorIs(t, err, schema.NewError(schema.KeyReused, ""))
	sent = h.accepted(Send{Conversation: c.ID, Content: "now", Interrupt: true})
	require.Equal(t, 1, sent.Queued)

	require.True(t, v.until(schema.KindComplete).Aborted)
	var order []string
	for range 3 {
		order = append(order, v.until(schema.KindText).Content)
		require.True(t, v.until(schema.KindComplete).Success)
	}
	require.Equal(t, []string{"now", "first", "second"}, order)
	h.awaitIdle(c.ID)
	now := h.get(c.ID)
	require.Zero(t, now.Queued)
}

func TestN08TheSameMessageIsAnsweredOnce(t *testing.T) {
	h, c := oneConversation(t, nil)
	var all sync.WaitGroup
	runs := make(chan string, 50)
	for range 50 {
		all.Go(func() {
			sent := h.accepted(Send{Conversation: c.ID, Content: "once", ClientMessageID: "m-1"})
			runs <- sent.Run
		})
	}
	all.Wait()
	close(runs)
	first := <-runs
	for r := range runs {
		require.Equal(t, first, r)
	}
	h.view(c.ID, From{History: true}).untilComplete(first)
	h.awaitIdle(c.ID)
	sent := h.accepted(Send{Conversation: c.ID, Content: "once", ClientMessageID: "m-1"})
	require.Equal(t, first, sent.Run)
	_, err := h.Send(t.Context(), "", Send{Conversation: c.ID, Content: "other", ClientMessageID: "m-1"})
	require.ErrorIs(t, err, schema.NewError(schema.KeyReused, ""))
}

func TestN09AnAbortKeepsTheConversation(t *testing.T) {
	h, c := oneConversation(t, nil)
	v := h.view(c.ID, From{})
	sent := h.send(c.ID, "slow")
	v.until(schema.KindStreamDelta)
	var all sync.WaitGroup
	for range 10 {
		all.Go(func() { _ = h.Abort(t.Context(), "", c.ID) })
	}
	all.Wait()
	end := v.untilComplete(sent.Run)
	require.True(t, end.Aborted)
	require.False(t, end.Success)
	require.Equal(t, schema.Aborted, end.State)
	h.awaitIdle(c.ID)
	require.ErrorIs(t, h.Abort(t.Context(), "", c.ID), schema.NewError(schema.NoActiveRun, ""))
	require.True(t, h.ask(c.ID, "history").Success)
	complete := 0
	for _, f := range v.seen {
		if f.Kind == schema.KindComplete && f.RunID == sent.Run {
			complete++
		}
	}
	require.Equal(t, 1, complete)
}

// An agent that is ended by a signal, as one is that an earlier server has started, has no time to say
// what there is of its answer. It is in the deltas.
func TestAnAbortKeepsWhatTheAgentCouldNotFinish(t *testing.T) {
	h, c := oneConversation(t, func(_ *Config, runs *run.Config) { runs.StopGrace = 1 })
	v := h.view(c.ID, From{})
	sent := h.send(c.ID, "slow")
	v.until(schema.KindStreamDelta)
	require.NoError(t, h.Abort(t.Context(), "", c.ID))
	end := v.untilComplete(sent.Run)
	require.True(t, end.Aborted)
	h.awaitIdle(c.ID)
	told := ""
	for _, f := range v.seen {
		if f.Kind == schema.KindStreamDelta {
			told += f.Content
		}
	}
	messages, now := h.messages(c.ID)
	require.Len(t, messages, 2)
	require.Equal(t, told, messages[1].Content)
	require.Equal(t, end.Head, now.Head)
	require.Equal(t, now.Head, messages[1].ID)

	require.True(t, h.ask(c.ID, "history").Success)
	messages, _ = h.messages(c.ID)
	require.Len(t, messages, 4)
}

func TestHeadsMoveOnlyFromWhereTheyAreExpected(t *testing.T) {
	h, c := oneConversation(t, nil)
	none, wrong := "", strings.Repeat("0", 64)
	_, err := h.Send(t.Context(), "", Send{Conversation: c.ID, Content: "a", ExpectedHead: &wrong})
	require.ErrorIs(t, err, schema.NewError(schema.HeadMoved, ""))
	_, err = h.Send(t.Context(), "", Send{Conversation: c.ID, Content: "a", Parent: &wrong})
	require.ErrorIs(t, err, schema.ErrNoMessage)
	sent := h.accepted(Send{Conversation: c.ID, Content: "a", ExpectedHead: &none})
	h.view(c.ID, From{History: true}).untilComplete(sent.Run)
	h.awaitIdle(c.ID)
	_, err = h.Send(t.Context(), "", Send{Conversation: c.ID, Content: "b", ExpectedHead: &none})
	require.ErrorIs(t, err, schema.NewError(schema.HeadMoved, ""))
	_, err = h.Update(t.Context(), "", c.ID, Update{Head: &sent.Message, ExpectedHead: &none})
	require.ErrorIs(t, err, schema.NewError(schema.HeadMoved, ""))
}

func TestWhatIsNoMessageIsRefused(t *testing.T) {
	h, c := oneConversation(t, nil)
	require.NoError(t, os.Symlink("/", filepath.Join(h.config.Workspace, "link")))
	for name, bad := range map[string]Send{
		string(schema.InvalidContent):  {Content: " \ufeff\n"},
		"too long":                     {Content: strings.Repeat("x", schema.MaxContentBytes+1)},
		"NUL":                          {Content: "a\x00b"},
		"meta":                         {Content: "a", Meta: "a b"},
		"client id":                    {Content: "a", ClientMessageID: "a b"},
		"model":                        {Content: "a", Options: schema.ChatOptions{Model: "opus"}},
		"permission mode":              {Content: "a", Options: schema.ChatOptions{PermissionMode: "bypassPermissions"}},
		"effort":                       {Content: "a", Options: schema.ChatOptions{Effort: "endless"}},
		"budget":                       {Content: "a", Options: schema.ChatOptions{MaxBudgetUSD: -1}},
		"cwd outside":                  {Content: "a", Options: schema.ChatOptions{Cwd: "../x"}},
		"cwd absolute":                 {Content: "a", Options: schema.ChatOptions{Cwd: "/etc"}},
		"cwd that is not there":        {Content: "a", Options: schema.ChatOptions{Cwd: "none"}},
		"cwd through a link to /":      {Content: "a", Options: schema.ChatOptions{Cwd: "link"}},
		"cwd escaped":                  {Content: "a", Options: schema.ChatOptions{Cwd: "%2e%2e"}},
		"parent with a place in line":  {Content: "a", Queue: true, Parent: new(string)},
		"parent that is no message id": {Content: "a", Parent: &c.ID},
	} {
		bad.Conversation = c.ID
		_, err := h.Send(t.Context(), "", bad)
		require.Error(t, err, name)
	}
	now := h.get(c.ID)
	require.Equal(t, c, now, "nothing has changed")
	for _, id := range []string{"", "conv-x", "../x", c.ID + "x", "conv-aaaaaaaaaaaaaaaaaaaaaaaaaa"} {
		_, err := h.Send(t.Context(), "", Send{Conversation: id, Content: "a"})
		require.Equal(t, schema.ErrNoSession, err)
	}
	_, err := h.Send(t.Context(), "somebody else", Send{Conversation: c.ID, Content: "a"})
	require.Equal(t, schema.ErrNoSession, err)
}

func TestA11TheAgentWorksInTheDirectoryOfTheConversation(t *testing.T) {
	h, c := oneConversation(t, nil)
	dir := h.runsWorkspace("sub")
	v := h.view(c.ID, From{})
	sent := h.accepted(Send{Conversation: c.ID, Content: "hello", Options: schema.ChatOptions{Cwd: "sub"}})
	v.untilComplete(sent.Run)
	require.Contains(t, h.firstLine(sent.Run), `"cwd":"`+dir+`"`)
}

func TestQueuedMessagesOutliveTheServer(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	h := newHouseIn(t, dir, nil)
	c := h.create()
	v := h.view(c.ID, From{})
	sent := h.send(c.ID, "long")
	v.until(schema.KindStreamDelta)
	h.accepted(Send{Conversation: c.ID, Content: "later", Queue: true})
	v.Close()
	h.stop()

	h = newHouseIn(t, dir, nil)
	v = h.view(c.ID, From{History: true})
	require.Equal(t, schema.Interrupted, v.untilComplete(sent.Run).State)
	require.Equal(t, "later", v.until(schema.KindText).Content)
	require.True(t, v.until(schema.KindComplete).Success)
	for i, f := range v.seen {
		require.EqualValues(t, i+1, f.Seq)
	}
}

func TestWhoHasSeenTheEndCanGoOnAtOnce(t *testing.T) {
	h, c := oneConversation(t, nil)
	v := h.view(c.ID, From{})
	for range 5 {
		sent := h.send(c.ID, "error")
		require.False(t, v.untilComplete(sent.Run).Success)
	}
}
