package chat

import (
	"cmp"
	"fmt"
	"time"

	"spool/schema"
)

// streamed takes an event of the Messages API. The end of a block does not say what block it was,
// so that a tool call's gives a stream_end too.
func (t *translation) streamed(event members) {
	delta := event.object("delta")
	switch event.text("type") + " " + delta.text("type") {
	case "content_block_delta text_delta":
		t.addText(schema.ChatFrame{Kind: schema.KindStreamDelta, Content: delta.text("text")})
	case "content_block_delta thinking_delta":
		t.addText(schema.ChatFrame{Kind: schema.KindStreamDelta, Content: delta.text("thinking"), Status: "thinking"})
	case "content_block_stop ":
		t.add(schema.ChatFrame{Kind: schema.KindStreamEnd})
	}
}

// asked takes a tool's call that somebody must allow; the CLI's other requests are for programs.
func (t *translation) asked(request members) {
	if request.text("subtype") != "can_use_tool" {
		return
	}
	t.add(schema.ChatFrame{
		Kind: schema.KindPermissionRequest, RequestID: t.line.text("request_id"),
		ToolName: request.text("tool_name"), Input: request["input"],
		Context: &schema.ApprovalContext{
			Description: request.text("description"), Reason: request.text("decision_reason"), BlockedPath: request.text("blocked_path"),
			ToolUseID: request.text("tool_use_id"), Suggestions: request["permission_suggestions"],
		},
	})
}

// noted takes a system line. A task that the CLI marks as its housekeeping is not shown.
func (t *translation) noted() {
	if t.line.flag("skip_transcript") {
		return
	}
	f := schema.ChatFrame{Kind: schema.KindStatus, Status: t.line.text("subtype"), ToolID: t.line.text("tool_use_id")}
	switch f.Status {
	case "status":
		f.Status, f.Text = t.line.text("status"), t.line.text("compact_error")
	case "api_retry":
		f.Text = t.retry()
	case "task_started":
		f.Text = "Started: " + t.line.text("description")
	case "task_notification":
		f.Text = "Task " + cmp.Or(t.line.text("status"), "ended") + ": " + t.line.text("summary")
	case "compact_boundary":
		f.Text = "The conversation was compacted"
	case "informational", "local_command_output", "notification", "model_fallback", "model_refusal_fallback", "model_refusal_no_fallback":
		f.Text = cmp.Or(t.line.text("content"), t.line.text("text"))
	default:
		return
	}
	t.addText(f)
}

// retry says why the API is asked again, and when.
func (t *translation) retry() string {
	why := "The API could not be reached"
	if status := t.line.number("error_status"); status != 0 {
		why = fmt.Sprintf("The API answered %.0f (%s)", status, cmp.Or(t.line.text("error"), "no reason given"))
	}
	delay := time.Duration(t.line.number("retry_delay_ms")) * time.Millisecond
	return fmt.Sprintf("%s: attempt %.0f of %.0f in %v", why,
		t.line.number("attempt"), t.line.number("max_retries"), delay.Round(100*time.Millisecond))
}
