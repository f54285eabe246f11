package run

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spool/claude"
	"spool/schema"
	"spool/store"
)

// talks is a claude that takes turns until its stdin ends. What a turn does is in its prompt. It
// costs a quarter of a dollar, and every line that the process says to it is in the output.
const talks = `
k=0 sid=` + session + `
u() { printf '0000000%d-0000-4000-8000-00000000000%d' "$k" "$1"; }
result() { echo "{\"type\":\"result\",\"subtype\":\"success\",\"is_error\":false,\"result\":\"answer $k\",\"usage\":{\"input_tokens\":3},\"num_turns\":1,\"total_cost_usd\":$k.25,\"modelUsage\":{\"opus\":{\"inputTokens\":$((k*3)),\"costUSD\":$k.25}}}"; }
broken() { echo '{"type":"result","subtype":"error_during_execution","is_error":true,"terminal_reason":"aborted_tools","total_cost_usd":'$k'.25}'; }
ask() { echo "{\"type\":\"control_request\",\"request_id\":\"q$1\",\"request\":{\"subtype\":\"can_use_tool\",\"tool_name\":\"$2\",\"input\":{\"command\":\"rm $1\"},\"description\":\"removes\",\"permission_suggestions\":[{\"type\":\"setMode\",\"mode\":\"acceptEdits\"}],\"blocked_path\":\"/x\",\"tool_use_id\":\"t$1\"}}"; }
heard() { read -r line || exit 1; echo "$line"; case "$line" in *'"interrupt"'*) echo '{"type":"control_cancel_request","request_id":"q1"}'; broken; return 1;; esac; }
turn() {
	k=$((k+1))
	case "$1" in *'"text":"late"'*)
		echo '{"type":"system","subtype":"task_notification"}'
		echo '{"type":"result","is_error":false,"num_turns":1,"result":"nobody asked","total_cost_usd":0}'
		uuid=${1#*'"uuid":"'}
		echo '{"type":"user","isReplay":true,"uuid":"'${uuid%%'"'*}'"}' ;;
	esac
	echo '{"type":"system","subtype":"init","session_id":"'$sid'"}'
	case "$1" in
	*'"text":"approve"'*) ask 1 Bash; heard || return ;;
	*'"text":"two"'*) ask 1 Bash; ask 2 Bash; heard || return; heard || return ;;
	*'"text":"denied"'*) ask 1 mcp__evil__tool; heard || return ;;
	*'"text":"takes back"'*) ask 1 Bash; gate; echo '{"type":"control_cancel_request","request_id":"q1"}' ;;
	*'"text":"hold"'*) echo ready; heard || return ;;
	*'"text":"deaf"'*) echo ready; spin ;;
	*'"text":"dies"'*) exit 3 ;;
	*'"text":"gate"'*) echo ready; gate ;;
	*'"text":"floods"'*) yes "$(printf '%01023d' 0)" | head -c 3000000 >&2 ;;
	*'"text":"too much"'*) yes | head -c 2000000; spin ;;
	*'"text":"cuts"'*) : >/dev/stdout ;;
	*'"text":"many"'*) i=0; while [ $i -lt 3000 ]; do echo "turn $k line $i"; i=$((i+1)); done ;;
	esac
	echo "{\"type\":\"assistant\",\"message\":{\"content\":\"pid $$\"},\"parent_tool_use_id\":null,\"uuid\":\"$(u 1)\"}"
	echo "{\"type\":\"assistant\",\"message\":{\"content\":\"sub\"},\"parent_tool_use_id\":\"toolu_1\",\"uuid\":\"$(u 2)\"}"
	echo "stderr of $k" >&2
	result
	case "$1" in *'"text":"background"'*) { gate; echo background; } & esac
}
echo "$@" >>args
while read -r line; do
	case "$line" in
	*'"subtype":"set_'*bypass*) echo '{"type":"control_response","response":{"subtype":"error","request_id":"mode"}}' ;;
	*'"model":"slow"'*) gate; echo '{"type":"control_response","response":{"subtype":"success","request_id":"model"}}' ;;
	*'"subtype":"set_model"'*) echo "$line"; echo '{"type":"control_response","response":{"subtype":"success","request_id":"model"}}' ;;
	*'"subtype":"set_permission_mode"'*) echo "$line"; echo '{"type":"control_response","response":{"subtype":"success","request_id":"mode"}}' ;;
	*'"type":"user"'*) turn "$line" ;;
	esac
done
echo gone >>args`

// talkHouse is a house whose conversations keep their processes.
func talkHouse(t *testing.T, change func(*Config)) house {
	t.Helper()
	return talkHouseIn(t, t.TempDir(), change)
}

func talkHouseIn(t *testing.T, dir string, change func(*Config)) house {
	t.Helper()
	return newHouseIn(t, dir, talks, func(c *Config) {
		c.SessionIdle, c.SessionMemory, c.ResultGrace = time.Hour, 1<<40, 10*time.Second
		if change != nil {
			change(c)
		}
	})
}

// talk is a conversation.
type talk struct {
	t       *testing.T
	h       house
	id      string
	session string
	head    string
}

// newTalk makes a conversation.
func (h house) newTalk(t *testing.T) *talk {
	t.Helper()
	c := store.Conversation{Conversation: schema.Conversation{ID: "conv-" + strings.TrimPrefix(newID(), "run_"), CreatedAt: time.Now(), UpdatedAt: time.Now()}}
	require.NoError(t, h.store.InsertConversation(t.Context(), c))
	return &talk{t: t, h: h, id: c.ID}
}

// oneTalk is a talkHouse with one conversation.
func oneTalk(t *testing.T, change func(*Config)) (house, *talk) {
	t.Helper()
	h := talkHouse(t, change)
	return h, h.newTalk(t)
}

// request is a turn of the conversation.
func (c *talk) request(prompt string, change ...func(*Turn)) Request {
	turn := &Turn{
		Turn: store.Turn{
			Conversation: c.id, Parent: c.head,
			Message: userMessage(prompt, c.head),
		},
		Prompt: prompt, Wishes: claude.Wishes{Session: c.session, Approvals: true},
	}
	for _, ch := range change {
		ch(turn)
	}
	return Request{Payload: schema.Payload{Prompt: prompt, Meta: "TALK", Options: schema.Options{Detach: true}}, Client: "somebody", Turn: turn}
}

// userMessage is a message that begins a turn.
func userMessage(prompt, parent string) store.Message {
	return store.Message{Message: schema.Message{
		ID: store.MessageID(schema.RoleUser, prompt, parent), Role: schema.RoleUser, Content: prompt, Parent: parent, CreatedAt: time.Now(),
	}}
}

// begin begins a turn.
func (c *talk) begin(prompt string, change ...func(*Turn)) (*Run, *View) {
	c.t.Helper()
	q := c.request(prompt, change...)
	r, view, err := c.h.Submit(c.t.Context(), q)
	require.NoError(c.t, err)
	c.head = q.Turn.Message.ID
	c.t.Cleanup(func() { view.Leave(ClientGone) })
	return r, view
}

// end waits for the end of a turn, and makes the conversation ready for the next one.
func (c *talk) end(r *Run) Outcome {
	c.t.Helper()
	o := r.end(c.t)
	c.session = r.Session()
	_, err := c.h.store.EndTurn(c.t.Context(), "", store.TurnEnd{Conversation: c.id, Run: r.ID, Session: c.session, SessionHead: c.head})
	require.NoError(c.t, err)
	_, err = c.h.store.ClearActive(c.t.Context(), "", c.id, r.ID)
	require.NoError(c.t, err)
	return o
}

// turn takes a whole turn, which succeeds, and returns its lines.
func (c *talk) turn(prompt string, change ...func(*Turn)) (*Run, []string) {
	c.t.Helper()
	r, view := c.begin(prompt, change...)
	lines := view.read(c.t).lines
	require.Equal(c.t, schema.Succeeded, c.end(r).State, "%v", lines)
	return r, lines
}

// letGo waits for the end of the process that the conversation keeps.
func (c *talk) letGo() {
	c.t.Helper()
	c.h.LetGo(c.id)
	c.h.awaitKept(c.t, 0)
}

// pid is the process id that a turn's lines tell.
func pid(t *testing.T, lines []string) string {
	t.Helper()
	for _, line := range lines {
		if _, rest, ok := strings.Cut(line, `"pid `); ok {
			id, _, _ := strings.Cut(rest, `"`)
			return id
		}
	}
	require.FailNow(t, "no pid", "%v", lines)
	return ""
}

// argLines is what the agent was started with each time, and "gone" for each end by its stdin.
func (h house) argLines(t *testing.T) []string {
	t.Helper()
	return strings.Split(strings.TrimSpace(readText(t, filepath.Join(h.config.Workspace, "args"))), "\n")
}

// awaitKept waits until so many processes are kept, and no others are being ended.
func (h house) awaitKept(t *testing.T, n int) {
	t.Helper()
	require.Eventually(t, func() bool {
		h.keeper.mu.Lock()
		defer h.keeper.mu.Unlock()
		return len(h.keeper.idle) == n && len(h.keeper.living) == n
	}, patience, time.Millisecond, "%d kept", n)
}

// requireOwn checks that the files of a run that has ended are its lines alone.
func (h house) requireOwn(t *testing.T, r *Run, lines []string) {
	t.Helper()
	text := strings.Join(lines, "\n") + "\n"
	require.Equal(t, text, readText(t, filepath.Join(h.procDir(), r.ID, "stdout")))
	record := h.record(t, r)
	require.True(t, record.Sealed)
	require.EqualValues(t, len(lines), record.Lines)
	require.EqualValues(t, len(text), record.OutputBytes)
	require.Equal(t, lines, replay(t, h.reopen(t, r), 0).lines)
}

func TestTurnsTakeTheSameProcess(t *testing.T) {
	t.Parallel()
	h, c := oneTalk(t, nil)
	var runs []*Run
	var all [][]string
	for i := range 3 {
		r, lines := c.turn("hello")
		runs, all = append(runs, r), append(all, lines)
		require.Equal(t, pid(t, all[0]), pid(t, lines))
		require.Len(t, lines, 4)
		record := h.record(t, r)
		require.Equal(t, fmt.Sprint("answer ", i+1), *record.Result)
		require.Nil(t, record.Exit)
		require.Nil(t, record.Stop)
		require.Equal(t, session, record.Session)
		require.Equal(t, fmt.Sprintf("0000000%d-0000-4000-8000-000000000001", i+1), r.LastUUID())
		cost := []float64{1.25, 1, 1}[i]
		require.Equal(t, schema.Usage{InputTokens: 3, Turns: 1, CostUSD: cost}, *record.Usage)
		require.Equal(t, map[string]schema.Usage{"opus": {InputTokens: 3, CostUSD: cost}}, record.ModelUsage)
		require.Equal(t, []string{fmt.Sprint("stderr of ", i+1)}, replay(t, h.reopen(t, r), 0).stderr)
		require.EqualValues(t, len("stderr of 1\n"), record.StderrBytes)
	}
	require.Equal(t, []string{"", runs[0].ID, runs[0].ID}, []string{h.record(t, runs[0]).Process, h.record(t, runs[1]).Process, h.record(t, runs[2]).Process})
	require.Equal(t, 1, h.Kept().Alive)
	require.EqualValues(t, 2, h.Kept().Reused)
	running, queued := h.Counts()
	require.Zero(t, running+queued, "what is kept takes no place")

	c.letGo()
	require.Equal(t, "gone", h.argLines(t)[1])
	for i, r := range runs {
		h.requireOwn(t, r, all[i])
	}
}

// The CLI counts a budget over the life of a process, and it is meant for one turn.
func TestAProcessWithABudgetServesOneTurn(t *testing.T) {
	t.Parallel()
	h, c := oneTalk(t, nil)
	_, kept := c.turn("hello")
	budget := func(turn *Turn) { turn.Wishes.MaxBudgetUSD = 2 }
	_, first := c.turn("hello", budget)
	_, second := c.turn("hello", budget)
	h.awaitKept(t, 0)
	_, third := c.turn("hello")
	require.Len(t, map[string]bool{pid(t, kept): true, pid(t, first): true, pid(t, second): true, pid(t, third): true}, 4)
	require.Equal(t, 1, h.Kept().Alive)
}

// Whoever looks at a turn sees its lines, numbered from 1, however slow he is.
func TestViewsOfATurnSeeItAlone(t *testing.T) {
	t.Parallel()
	h, c := oneTalk(t, nil)
	c.turn("many")
	r, view := c.begin("many")
	slow, err := r.View(0)
	require.NoError(t, err)
	defer slow.Leave(ClientGone)
	later, err := r.View(2000)
	require.NoError(t, err)
	defer later.Leave(ClientGone)
	first := firstLine(t, slow)
	lines := view.read(t).lines
	c.end(r)
	c.turn("many")
	c.letGo()

	require.Len(t, lines, 3004)
	require.Equal(t, "turn 2 line 0", lines[1])
	require.Equal(t, lines, append(first, slow.read(t).lines...), "though the file is another by now")
	require.Equal(t, lines[2000:], later.read(t).lines)
	h.requireOwn(t, r, lines)
}

// firstLine awaits the first lines of a view, however many come together.
func firstLine(t *testing.T, v *View) (lines []string) {
	t.Helper()
	for len(lines) == 0 {
		event, err := v.Next()
		if err != nil {
			require.ErrorIs(t, err, ErrWait)
			v.await(t)
			continue
		}
		for line := range event.Lines {
			require.EqualValues(t, len(lines)+1, line.N)
			lines = append(lines, string(line.Bytes))
		}
	}
	return lines
}

func TestAnAbortKeepsTheProcess(t *testing.T) {
	t.Parallel()
	h, c := oneTalk(t, func(c *Config) { c.StopGrace = time.Hour })
	_, lines := c.turn("hello")
	for range 2 {
		r, view := c.begin("hold")
		awaitReady(t, view)
		r.Stop(Abort)
		require.Equal(t, schema.Aborted, c.end(r).State)
		require.Nil(t, h.record(t, r).Stop)
		require.Equal(t, 1, h.Kept().Alive)
	}
	r, again := c.turn("hello")
	require.Equal(t, pid(t, lines), pid(t, again))
	require.InDelta(t, 1, h.record(t, r).Usage.CostUSD, 1e-9)
}

// What does not listen is ended as ever, and the conversation goes on with another process.
func TestAnAbortEndsWhatIsDeaf(t *testing.T) {
	t.Parallel()
	h, c := oneTalk(t, func(c *Config) { c.StopGrace = 4 * time.Second })
	first, lines := c.turn("hello")
	r, view := c.begin("deaf")
	awaitReady(t, view)
	r.Stop(Abort)
	require.Equal(t, schema.Aborted, c.end(r).State)
	require.Equal(t, "SIGTERM", h.record(t, r).Stop.Rung)
	h.awaitKept(t, 0)
	_, again := c.turn("hello")
	require.NotEqual(t, pid(t, lines), pid(t, again))
	require.Contains(t, h.argLines(t)[1], "--resume="+session)
	require.NotContains(t, h.argLines(t)[1], "--fork-session")
	require.EqualValues(t, 1, h.Kept().Resumed)
	h.requireOwn(t, first, lines)
}

// The limits of a run's output hold for each turn alone.
func TestEachTurnHasItsOwnLimits(t *testing.T) {
	t.Parallel()
	h, c := oneTalk(t, func(c *Config) { c.MaxOutput = 200_000 })
	var runs []*Run
	var all [][]string
	for range 3 { // which are more together
		r, lines := c.turn("many")
		runs, all = append(runs, r), append(all, lines)
	}
	flooded, _ := c.turn("floods")
	shown := replay(t, h.reopen(t, flooded), 0)
	require.EqualValues(t, 3_000_000+len("stderr of 4\n"), h.record(t, flooded).StderrBytes)
	require.Len(t, shown.stderr, maxStderr/1024+1)
	require.Contains(t, shown.stderr[maxStderr/1024], "more bytes of stderr were left out")
	r, view := c.begin("too much")
	require.Equal(t, schema.OutputLimit, c.end(r).Code())
	require.Len(t, view.read(t).lines, len(replay(t, h.reopen(t, r), 0).lines))
	require.Equal(t, "SIGKILL", h.record(t, r).Stop.Rung)
	h.awaitKept(t, 0)
	for i, r := range runs {
		h.requireOwn(t, r, all[i])
	}
}

// A program that cuts the file takes its own turn's lines away, and other turns' as well.
func TestATurnThatCutsTheFileFails(t *testing.T) {
	t.Parallel()
	h, c := oneTalk(t, nil)
	first, _ := c.turn("many")
	r, _ := c.begin("cuts")
	require.Equal(t, schema.Internal, c.end(r).Code())
	h.awaitKept(t, 0)
	view, err := h.reopen(t, first).View(0)
	if err == nil {
		defer view.Leave(ClientGone)
		_, err = view.Next()
	}
	require.Error(t, err, "it is damaged, and not served")
	c.turn("hello")
}

func TestAProcessThatDiesInItsTurnFailsIt(t *testing.T) {
	t.Parallel()
	h, c := oneTalk(t, nil)
	c.turn("hello")
	r, _ := c.begin("dies")
	require.Equal(t, schema.ExitNonzero, c.end(r).Code())
	require.Equal(t, schema.Exit{Code: 3}, *h.record(t, r).Exit)
	h.awaitKept(t, 0)
	c.turn("hello")
}

// What can be set is set, and everything else needs another process.
func TestOtherWishes(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		wish func(*claude.Wishes)
		same bool
		line string
	}{
		"model":      {func(w *claude.Wishes) { w.Model = "haiku" }, true, `"subtype":"set_model","model":"haiku"`},
		"mode":       {func(w *claude.Wishes) { w.PermissionMode = "plan" }, true, `"subtype":"set_permission_mode","mode":"plan"`},
		"no mode":    {func(w *claude.Wishes) { w.PermissionMode = "bypassPermissions" }, false, ""},
		"effort":     {func(w *claude.Wishes) { w.Effort = "low" }, false, ""},
		"system":     {func(w *claude.Wishes) { w.System = "be kind" }, false, ""},
		"a fork":     {func(w *claude.Wishes) { w.Fork, w.At = true, "x" }, false, ""},
		"no session": {func(w *claude.Wishes) { w.Session = "" }, false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, c := oneTalk(t, nil)
			_, lines := c.turn("hello")
			r, again := c.turn("hello", func(turn *Turn) { test.wish(&turn.Wishes) })
			require.Equal(t, test.same, pid(t, lines) == pid(t, again))
			require.Contains(t, again[0], test.line)
			require.Equal(t, 1, h.Kept().Alive)
			h.requireOwn(t, r, again)
			if !test.same {
				require.EqualValues(t, 1, h.Kept().Ends.Unfit)
				require.Equal(t, "gone", h.argLines(t)[1], "the first one had ended before")
			}
		})
	}
}

func TestTheSystemPromptIsNoArgument(t *testing.T) {
	t.Parallel()
	h, c := oneTalk(t, nil)
	r, _ := c.turn("hello", func(turn *Turn) { turn.Wishes.System = "be very kind" })
	file := filepath.Join(h.procDir(), r.ID, "system")
	require.Contains(t, h.argLines(t)[0], "--append-system-prompt-file="+file)
	require.Equal(t, "be very kind", readText(t, file))
}

// A process that takes turns by itself would answer what it was not asked.
func TestAProcessThatGoesOnAfterItsResultIsNotUsedAgain(t *testing.T) {
	t.Parallel()
	h, c := oneTalk(t, nil)
	r, lines := c.turn("background")
	h.open(t, "gate")
	stdout := filepath.Join(h.procDir(), r.ID, "stdout")
	require.Eventually(t, func() bool { return strings.HasSuffix(readText(t, stdout), "background\n") }, patience, time.Millisecond)
	_, again := c.turn("hello")
	require.NotEqual(t, pid(t, lines), pid(t, again))
	require.NotContains(t, again, "background")
	h.requireOwn(t, r, lines)
}

// What it begins just before it gets a prompt is not the answer to that.
func TestATurnThatNobodyAskedForIsNoAnswer(t *testing.T) {
	t.Parallel()
	h, c := oneTalk(t, nil)
	c.turn("hello")
	r, lines := c.turn("late")
	require.Len(t, lines, 7)
	require.Equal(t, "answer 2", *r.Info().Result)
	require.Equal(t, 1, h.Kept().Alive)
}

func TestIdleProcessesEnd(t *testing.T) {
	t.Parallel()
	h, c := oneTalk(t, func(c *Config) { c.SessionIdle = 50 * time.Millisecond })
	_, lines := c.turn("hello")
	h.awaitKept(t, 0)
	require.EqualValues(t, 1, h.Kept().Ends.Idle)
	_, again := c.turn("hello")
	require.NotEqual(t, pid(t, lines), pid(t, again))
}

func TestWhatWasUsedLeastLatelyGoesFirst(t *testing.T) {
	t.Parallel()
	h := talkHouse(t, nil)
	a, b := h.newTalk(t), h.newTalk(t)
	a.turn("hello")
	b.turn("hello")
	a.turn("hello")
	h.keeper.mu.Lock()
	h.keeper.config.SessionMemory = h.keeper.idle[a.id].idle.memory + h.keeper.idle[b.id].idle.memory/2
	h.keeper.fitLocked()
	h.keeper.mu.Unlock()
	h.awaitKept(t, 1)
	require.EqualValues(t, 1, h.Kept().Ends.Memory)
	_, lines := a.turn("hello")
	require.Contains(t, lines[len(lines)-1], "answer 3")
}

func TestNothingIsKeptWhereMemoryIsShort(t *testing.T) {
	t.Parallel()
	h := talkHouse(t, nil)
	h.newTalk(t).turn("hello")
	h.newTalk(t).turn("hello")
	h.keeper.mu.Lock()
	h.keeper.short, h.keeper.looked = func() bool { return true }, time.Time{}
	h.keeper.mu.Unlock()
	h.keeper.look()
	h.awaitKept(t, 0)
	require.EqualValues(t, 2, h.Kept().Ends.Pressure)
}

func TestAKeptProcessThatDiesIsForgotten(t *testing.T) {
	t.Parallel()
	h, c := oneTalk(t, nil)
	_, lines := c.turn("hello")
	process, err := os.FindProcess(atoi(t, pid(t, lines)))
	require.NoError(t, err)
	require.NoError(t, process.Kill())
	h.awaitKept(t, 0)
	require.EqualValues(t, 1, h.Kept().Ends.Dead)
	c.turn("hello")
}

func atoi(t *testing.T, text string) (n int) {
	t.Helper()
	_, err := fmt.Sscan(text, &n)
	require.NoError(t, err)
	return n
}

func TestADrainLeavesNothing(t *testing.T) {
	t.Parallel()
	h := talkHouse(t, nil)
	a, b := h.newTalk(t), h.newTalk(t)
	_, lines := a.turn("hello")
	r, view := b.begin("gate")
	awaitReady(t, view)
	drained := make(chan struct{})
	go func() { defer close(drained); h.Drain(t.Context()) }()
	h.awaitKept(t, 0)
	requireGone(t, pid(t, lines))
	h.open(t, "gate")
	<-drained
	require.Equal(t, schema.Succeeded, r.end(t).State)
	require.Equal(t, "exit", h.record(t, r).Stop.Rung, "it was not kept")
	require.Zero(t, h.Kept().Alive)
}

// The files of a process are there as long as it lives, and then as long as those of its run.
func TestRetentionWaitsForTheProcess(t *testing.T) {
	t.Parallel()
	h, c := oneTalk(t, func(c *Config) { c.RetainSize = 0 })
	first, lines := c.turn("hello")
	second, _ := c.turn("hello")
	require.NoError(t, h.removeOld(t.Context()))
	require.DirExists(t, filepath.Join(h.procDir(), first.ID))
	require.NoDirExists(t, filepath.Join(h.procDir(), second.ID))
	_, again := c.turn("hello")
	require.Equal(t, pid(t, lines), pid(t, again))
	c.letGo()
	h.requireOwn(t, first, lines)
	require.NoError(t, h.removeOld(t.Context()))
	require.NoDirExists(t, filepath.Join(h.procDir(), first.ID))
}

// A warm process serves a conversation's first turn as it serves any run, and then the others.
func TestAWarmProcessIsKept(t *testing.T) {
	t.Parallel()
	h := warmHouse(t, talks, func(c *Config) { c.SessionIdle, c.SessionMemory = time.Hour, 1<<40 })
	h.newTalk(t).turn("hello")
	require.Eventually(t, func() bool { return h.Warm().Waiting == 2 }, patience, time.Millisecond, "one is for first turns")
	c := h.newTalk(t)
	r, lines := c.turn("hello")
	require.EqualValues(t, 1, h.Warm().Hits)
	require.Empty(t, h.record(t, r).Process)
	_, again := c.turn("hello")
	require.Equal(t, pid(t, lines), pid(t, again))
	require.EqualValues(t, 1, h.Warm().Hits)
	require.EqualValues(t, 1, h.Kept().Reused)
}

func TestAConversationThatDoesNotTakeATurn(t *testing.T) {
	t.Parallel()
	h, c := oneTalk(t, nil)
	c.turn("hello")
	elsewhere := "0"
	_, _, err := h.Submit(t.Context(), c.request("hello", func(turn *Turn) { turn.Expect = &elsewhere }))
	require.ErrorIs(t, err, store.ErrMoved)
	r, view := c.begin("hold")
	awaitReady(t, view)
	_, _, err = h.Submit(t.Context(), c.request("hello"))
	require.ErrorIs(t, err, store.ErrActive)
	c.id = "conv-none"
	_, _, err = h.Submit(t.Context(), c.request("hello"))
	require.ErrorIs(t, err, store.ErrNotFound)
	r.Stop(Abort)
	r.end(t)
	require.Equal(t, 1, h.Kept().Alive)
}

// requireGone checks that there is no process of this id. A zombie is none.
func requireGone(t *testing.T, pid string) {
	t.Helper()
	status, err := os.ReadFile(filepath.Join("/proc", pid, "status"))
	require.True(t, err != nil || strings.Contains(string(status), "\nState:\tZ"), "process %s lives", pid)
}

// A run that is ended before its prompt was given leaves the process as it was.
func TestATurnThatNeverBeganLeavesTheProcess(t *testing.T) {
	t.Parallel()
	h, c := oneTalk(t, nil)
	slow := func(turn *Turn) { turn.Wishes.Model = "slow" }
	_, lines := c.turn("hello")
	r, view := c.begin("hello", slow)
	r.await(t, func() bool { return r.State() == schema.Starting })
	r.Stop(Abort)
	h.open(t, "gate")
	require.Equal(t, schema.Aborted, c.end(r).State)
	require.Nil(t, h.record(t, r).Stop)
	require.Empty(t, view.read(t).lines)
	c.session = session // which the run has not come to
	_, again := c.turn("hello", slow)
	require.Equal(t, pid(t, lines), pid(t, again))
	require.Contains(t, again[len(again)-1], "answer 2")
}

// Many conversations at once, some turns of which are aborted, and some processes let go: every
// run has its own lines, from 1, whoever looked at it when.
func TestManyConversations(t *testing.T) {
	t.Parallel()
	h := talkHouse(t, func(c *Config) { c.MaxRuns, c.MaxQueue, c.StopGrace = 3, 100, 4*time.Second })
	var all sync.WaitGroup
	for i := range 6 {
		c := h.newTalk(t)
		all.Go(func() {
			for j := range 5 {
				c.stir(i + j)
			}
		})
	}
	all.Wait()
	running, queued := h.Counts()
	require.Zero(t, running+queued)
	h.keeper.close()
	h.awaitKept(t, 0)
	records, err := h.store.Runs(t.Context(), store.Filter{})
	require.NoError(t, err)
	require.Len(t, records, 30)
	for _, record := range records {
		r, err := h.Open(t.Context(), record.ID)
		require.NoError(t, err)
		h.requireOwn(t, r, replay(t, r, 0).lines)
	}
}

// stir takes a turn, and does something to it.
func (c *talk) stir(how int) {
	prompt := []string{"many", "hold", "hello", "late"}[how%4]
	r, view := c.begin(prompt)
	if prompt == "hold" {
		awaitReady(c.t, view)
		r.Stop(Abort)
	}
	lines := view.read(c.t).lines
	o := c.end(r)
	require.Equal(c.t, prompt == "hold", o.State == schema.Aborted, "%v", o)
	if prompt == "many" {
		require.Len(c.t, lines, 3004)
	}
	if how%5 == 0 {
		c.h.LetGo(c.id)
	}
}
