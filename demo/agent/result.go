package agent

import (
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
	PermissionDenials []any                 `json:"permission_denials"`
	TerminalReason    string                `json:"terminal_reason"`
	UUID              string                `json:"uuid"`
	Errors            []string              `json:"errors,omitempty"`
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

// newResult fills in what every end has in common: times, and the words that
// were read and written as if each were a token. Nothing costs anything.
func (t *turn) newResult(subtype, terminalReason string) resultLine {
	elapsed := time.Since(t.started).Milliseconds()
	return resultLine{
		Type: "result", Subtype: subtype, TerminalReason: terminalReason,
		DurationMS: elapsed, DurationAPIMS: elapsed, NumTurns: t.messages,
		SessionID: t.id, UUID: uuid.NewString(), PermissionDenials: []any{},
		Usage: usage{
			InputTokens: t.read, OutputTokens: t.written, ServiceTier: "standard",
			ServerToolUse: map[string]int{"web_search_requests": 0, "web_fetch_requests": 0},
		},
		ModelUsage: map[string]modelUsage{model: {InputTokens: t.read, OutputTokens: t.written}},
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

// interrupted ends the turn after the user stopped it.
func (t *turn) interrupted() error {
	line := t.newResult("error_during_execution", "aborted_streaming")
	line.IsError = true
	line.NumTurns++
	line.Errors = []string{"[" + Name + "] the turn was interrupted"}
	return t.end(line)
}

func (t *turn) end(line resultLine) error {
	t.lastFailed = line.IsError
	return t.print(line)
}

func text(s string) *string { return &s }
