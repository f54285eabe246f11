package handler

import (
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/stretchr/testify/require"

	"spool/schema"
)

// told returns the chunks of frames, as they are written, but for the first.
func toldChunks(frames ...schema.ChatFrame) (all []string) {
	c := newChunks("run_x", "conv-x")
	for _, f := range frames {
		for _, one := range c.of(f) {
			all = append(all, string(schema.Encode(one)))
		}
	}
	return all[1:]
}

func text(content string) schema.ChatFrame {
	return schema.ChatFrame{Kind: schema.KindText, Role: schema.RoleAssistant, Content: content}
}

func delta(content string) schema.ChatFrame {
	return schema.ChatFrame{Kind: schema.KindStreamDelta, Content: content}
}

func thought(kind schema.Kind, content string) schema.ChatFrame {
	return schema.ChatFrame{Kind: kind, Content: content, Status: "thinking"}
}

func TestABlockIsToldOnce(t *testing.T) {
	t.Parallel()
	end := schema.ChatFrame{Kind: schema.KindStreamEnd}
	want := []string{
		`{"type":"text-start","id":"1"}`, `{"type":"text-delta","id":"1","delta":"They "}`, `{"type":"text-delta","id":"1","delta":"do."}`, `{"type":"text-end","id":"1"}`,
	}
	require.Equal(t, want, toldChunks(delta("They "), delta("do."), text("They do."), end))
	require.Equal(t, want, toldChunks(delta("They "), delta("do."), end, text("They do.")))
	require.Equal(t, want, toldChunks(delta("They "), text("They do."), end), "what was missed comes with the whole")
	require.Equal(t, []string{want[0], `{"type":"text-delta","id":"1","delta":"They do."}`, want[3]}, toldChunks(text("They do.")))
	require.Equal(t, []string{
		`{"type":"reasoning-start","id":"1"}`, `{"type":"reasoning-delta","id":"1","delta":"Hm"}`, `{"type":"reasoning-end","id":"1"}`,
		`{"type":"text-start","id":"2"}`, `{"type":"text-delta","id":"2","delta":"Yes"}`, `{"type":"text-end","id":"2"}`,
	}, toldChunks(thought(schema.KindStreamDelta, "Hm"), thought(schema.KindThinking, "Hm"), end, delta("Yes"), text("Yes")))
	require.Equal(t, []string{want[0], `{"type":"text-delta","id":"1","delta":"They do, and"}`, want[3]}, toldChunks(delta("They do, and"), text("They do")), "a text that was cut")
}

func TestToolsAreTold(t *testing.T) {
	t.Parallel()
	call := schema.ChatFrame{Kind: schema.KindToolUse, ToolID: "t1", ToolName: "Bash", ToolInput: jsontext.Value(`{"command":"ls"}`)}
	result := schema.ChatFrame{Kind: schema.KindToolResult, ToolID: "t1", ToolResult: &schema.ToolResult{}}
	failure := schema.ChatFrame{Kind: schema.KindToolResult, ToolID: "t1", ToolResult: &schema.ToolResult{IsError: true, Content: "no"}}
	other := schema.ChatFrame{Kind: schema.KindToolResult, ToolID: "t2", ToolResult: &schema.ToolResult{}}
	within := text("I am a nested agent")
	within.ParentToolID = "t1"
	require.Equal(t, []string{
		`{"type":"text-start","id":"1"}`, `{"type":"text-delta","id":"1","delta":"Look"}`, `{"type":"text-end","id":"1"}`,
		`{"type":"tool-input-available","toolCallId":"t1","toolName":"Bash","input":{"command":"ls"},"providerExecuted":true,"dynamic":true}`,
		`{"type":"tool-output-available","toolCallId":"t1","output":"","providerExecuted":true,"dynamic":true}`,
	}, toldChunks(delta("Look"), call, within, other, result))
	call.ToolInput = nil
	require.Equal(t, []string{
		`{"type":"tool-input-available","toolCallId":"t1","toolName":"Bash","input":null,"providerExecuted":true,"dynamic":true}`,
		`{"type":"tool-output-error","toolCallId":"t1","errorText":"no","providerExecuted":true,"dynamic":true}`,
	}, toldChunks(call, failure))
}

func TestApprovalsAndNotesAreTold(t *testing.T) {
	t.Parallel()
	asked := schema.ChatFrame{Kind: schema.KindPermissionRequest, RequestID: "apr_x", ToolName: "Bash", Input: jsontext.Value(`{}`)}
	allowed := schema.ChatFrame{Kind: schema.KindPermissionCancelled, RequestID: "apr_x", Reason: "allowed"}
	queued := schema.ChatFrame{Kind: schema.KindStatus, Status: "queued", Position: 2}
	require.Equal(t, []string{
		`{"type":"data-status","data":{"status":"queued","position":2},"transient":true}`,
		`{"type":"data-permission","id":"apr_x","data":{"requestId":"apr_x","toolName":"Bash","input":{},"state":"pending"}}`,
		`{"type":"data-permission","id":"apr_x","data":{"requestId":"apr_x","toolName":"Bash","input":{},"state":"allowed"}}`,
	}, toldChunks(queued, asked, allowed))
}

func TestTheEndIsTold(t *testing.T) {
	t.Parallel()
	end := func(c schema.Completion) schema.ChatFrame {
		return schema.ChatFrame{Kind: schema.KindComplete, Completion: &c}
	}
	finish := func(state string) string {
		return `{"type":"finish","messageMetadata":{"run":"run_x","conversation":"conv-x","state":"` + state + `","costUsd":0}}`
	}
	require.Equal(t, []string{finish("succeeded")}, toldChunks(end(schema.Completion{Success: true, State: schema.Succeeded})))
	require.Equal(t, []string{
		`{"type":"text-start","id":"1"}`, `{"type":"text-delta","id":"1","delta":"Th"}`, `{"type":"text-end","id":"1"}`, `{"type":"abort"}`, finish("aborted"),
	}, toldChunks(delta("Th"), end(schema.Completion{Aborted: true, State: schema.Aborted})))
	require.Equal(t, []string{`{"type":"error","errorText":"boom"}`, finish("failed")}, toldChunks(end(schema.Completion{Error: "boom", State: schema.Failed})))
}

func TestAStreamBeginsWithItsRun(t *testing.T) {
	t.Parallel()
	c := newChunks("run_x", "conv-x")
	first := c.of(schema.ChatFrame{Kind: schema.KindText, Role: schema.RoleUser, Content: "hi"})
	require.Equal(t, []chunk{{Type: "start", MessageID: "run_x", Metadata: begun{"run_x", "conv-x"}}}, first)
	require.Empty(t, c.of(schema.ChatFrame{Kind: schema.KindText, Role: schema.RoleUser, Content: "hi"}))
}
