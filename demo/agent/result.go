package agent

import (
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"
)

// resultLine ends a turn. The keys that only one kind of end has are pointers
// or omitted when empty, as in the CLI.
type resultLine struct {
	Type              string                `json:"type"`
	Subtype           string                `json:"subtype"`
	IsError           bool                  `json:"is_error"`
	APIErrorStatus    *int                  `json:"api_error_status"`
	DurationMS        int64                 `json:"duration_ms"`
	DurationAPIMS     int64                 `json:"duration_api_ms"`
	NumTurns          int                   `json:"num_turns"`
	Result            string                `json:"result,omitempty"`
	StopReason        *string               `json:"stop_reason"`
	SessionID         string                `json:"session_id"`
	TotalCostUSD      float64               `json:"total_cost_usd"`
	Usage             usage                 `json:"usage"`
	ModelUsage        map[string]modelUsage `json:"modelUsage"`
	PermissionDenials []denial              `json:"permission_denials"`
	TerminalReason    string                `json:"terminal_reason,omitempty"`
	UUID              string                `json:"uuid"`
	Errors            []string              `json:"errors,omitempty"`
}

// denial is a tool call that was not allowed.
type denial struct {
	ToolName  string            `json:"tool_name"`
	ToolUseID string            `json:"tool_use_id"`
	ToolInput map[string]string `json:"tool_input"`
}

type usage struct {
	InputTokens              int            `json:"input_tokens"`
	CacheCreationInputTokens int            `json:"cache_creation_input_tokens"`
	CacheReadInputTokens     int            `json:"cache_read_input_tokens"`
	OutputTokens             int            `json:"output_tokens"`
	ServerToolUse            map[string]int `json:"server_tool_use"`
	ServiceTier              string         `json:"service_tier"`
}

type modelUsage struct {
	InputTokens              int     `json:"inputTokens"`
	OutputTokens             int     `json:"outputTokens"`
	CacheReadInputTokens     int     `json:"cacheReadInputTokens"`
	CacheCreationInputTokens int     `json:"cacheCreationInputTokens"`
	WebSearchRequests        int     `json:"webSearchRequests"`
	CostUSD                  float64 `json:"costUSD"`
	ContextWindow            int     `json:"contextWindow"`
	MaxOutputTokens          int     `json:"maxOutputTokens"`
}

// Prices of a word in dollars. They are invented, so that sums have something
// to add up: nothing costs anything.
const (
	priceRead    = 0.000001
	priceWritten = 0.000005
)

// count adds what the turn took to what all of them took. Costs come from the
// sums of words, so that no error of rounding adds up.
func (t *turn) count() (total float64) {
	u := t.used[t.model]
	u.InputTokens += t.read
	u.OutputTokens += t.written
	u.CostUSD = float64(u.InputTokens)*priceRead + float64(u.OutputTokens)*priceWritten
	t.used[t.model] = u
	for _, name := range slices.Sorted(maps.Keys(t.used)) {
		total += t.used[name].CostUSD
	}
	return total
}

// newResult fills in what every end has in common: times, and the words that
// were read and written as if each were a token. Usage is the turn's own; what
// it costs and what its models did is counted from the process's start.
func (t *turn) newResult(subtype, terminalReason string) resultLine {
	elapsed := time.Since(t.started).Milliseconds()
	total := t.count()
	return resultLine{
		Type: "result", Subtype: subtype, TerminalReason: terminalReason,
		DurationMS: elapsed, DurationAPIMS: elapsed, NumTurns: t.messages,
		SessionID: t.transcript.id, UUID: uuid.NewString(), PermissionDenials: append([]denial{}, t.denials...),
		TotalCostUSD: total,
		Usage: usage{
			InputTokens: t.read, OutputTokens: t.written, ServiceTier: "standard",
			ServerToolUse: map[string]int{"web_search_requests": 0, "web_fetch_requests": 0},
		},
		ModelUsage: t.used,
	}
}

// succeed ends the turn with the answer's text.
func (t *turn) succeed() error {
	line := t.newResult("success", "completed")
	line.StopReason = text("end_turn")
	line.Result = t.said.String()
	return t.end(line)
}

// fail ends the turn as a refusal of the API does: subtype success, but
// is_error.
func (t *turn) fail(status int, problem string) error {
	line := t.newResult("success", "completed")
	line.IsError, line.APIErrorStatus = true, &status
	line.StopReason = text("stop_sequence")
	line.Result = problem
	return t.end(line)
}

// interrupted ends the turn after the user stopped it: while it was said, or
// while calls waited for their approval.
func (t *turn) interrupted() error {
	rejected, err := t.reject()
	if err != nil {
		return err
	}
	words, reason := interruption+"]", "aborted_streaming"
	if rejected {
		words, reason = interruption+" for tool use]", "aborted_tools"
	}
	if err := t.printUser([]any{textBlock{Text: words, Type: "text"}}, nil); err != nil {
		return err
	}
	line := t.newResult("error_during_execution", reason)
	line.IsError = true
	line.NumTurns++
	line.Errors = []string{"[" + Name + "] the turn was interrupted"}
	return t.end(line)
}

// refused is the end of a session that cannot be continued: no turn was taken.
func (t *turn) refused(why error) error {
	line := t.newResult("error_during_execution", "")
	line.IsError, line.ModelUsage = true, map[string]modelUsage{}
	line.Errors = []string{why.Error()}
	return t.end(line)
}

func (t *turn) end(line resultLine) error {
	t.lastFailed = line.IsError
	return t.print(line)
}

func text(s string) *string { return &s }
