//go:build linux

package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/fasthttp/websocket"
	"github.com/stretchr/testify/require"

	"spool/e2e/api"
)

// Prompts that mean something to a CLI, to a shell or to a terminal.
var prompts = []string{
	"/cost", "/clear", "/nosuch", "/deep-research x", "/", "//", "/tmp/x y", " /cost", "\t/cost", "\n/cost\n", "\u00a0/cost", "\u3000/cost",
	"!ls", "#note", "@/etc/hostname", `see @"/etc/hostname", @/etc/hostname:1`, "/cost @/etc/hostname", "ultrathink about it",
	"--version", "-", "--", "--dangerously-skip-permissions", "--settings=/tmp/e.json", "hi --settings=/tmp/e.json",
	"$(id)", "`id`", "; id", "  spaces  ", "a\r\nb\\n\"c\"", "\x1b[31mred\x07", "é😀\u2028", `{"type":"user"}`, strings.Repeat("😀", 2048),
}

// By default a prompt is data: the model sees exactly the text that the client sent.
func TestS17_EveryPromptReachesTheModelByteForByte(t *testing.T) {
	for some := range slices.Chunk(prompts, 9) {
		t.Run(fmt.Sprintf("%.8q", some[0]), func(t *testing.T) {
			w := newWorld(t)
			s := w.serve()
			for i, prompt := range some {
				frames, code := s.ask(prompt).rest()
				require.Equal(t, websocket.CloseNormalClosure, code, "%q", prompt)
				require.Equal(t, api.Greeting, frames[len(frames)-1].Result, "%q", prompt)
				requests := w.api.Requests()
				require.Len(t, requests, i+1, "%q", prompt)
				require.Equal(t, []string{prompt}, promptBlocks(requests[i]))
			}
		})
	}
}

// promptBlocks are the text blocks of the last user message.
func promptBlocks(request api.Request) []string { return texts(request.User()) }

// texts are the text blocks of a message, without the reminders that the CLI puts around
// them.
func texts(message api.Message) []string {
	var texts []string
	for _, block := range message.Blocks {
		if !strings.HasPrefix(block.Text, "<system-reminder>") {
			texts = append(texts, block.Text)
		}
	}
	return texts
}

// conversation is what user and model have said, as a request tells the model.
func conversation(request api.Request) []string {
	var said []string
	for _, message := range request.Messages {
		if message.Role != "system" {
			said = append(said, message.Role+": "+strings.Join(texts(message), " | "))
		}
	}
	return said
}

func TestS17_AFileNamedInAPromptIsNotAttached(t *testing.T) {
	w := newWorld(t)
	secret := unguessable()
	path := w.write("secret.txt", secret)
	s := w.serve()
	for i, prompt := range []string{"@" + path, "look at @secret.txt please", `@"` + path + `"`, "/cost @" + path} {
		_, code := s.ask(prompt).rest()
		require.Equal(t, websocket.CloseNormalClosure, code)
		require.NotContains(t, string(w.api.Requests()[i].Body), secret, "%q", prompt)
	}
}

// The controls: each switch turns on its own half and nothing else.
func TestS17_AllowAttachmentsAttachesAndStillTakesASlashAsText(t *testing.T) {
	w := newWorld(t)
	secret := unguessable()
	path := w.write("secret.txt", secret)
	s := w.serve("--allow-attachments")

	_, code := s.ask("look at @" + path).rest()
	require.Equal(t, websocket.CloseNormalClosure, code)
	require.Contains(t, string(w.api.Requests()[0].Body), secret)

	_, code = s.ask("/cost").rest()
	require.Equal(t, websocket.CloseNormalClosure, code)
	require.Equal(t, []string{"/cost"}, promptBlocks(w.api.Requests()[1]))
}

func TestS17_AllowSlashCommandsRunsThemAndStillAttachesNothing(t *testing.T) {
	w := newWorld(t)
	secret := unguessable()
	path := w.write("secret.txt", secret)
	s := w.serve("--allow-slash-commands")

	frames, code := s.ask("/cost").rest()
	require.Equal(t, websocket.CloseNormalClosure, code)
	require.Contains(t, frames[len(frames)-1].Result, "Total cost")
	require.Empty(t, w.api.Requests(), "the CLI answers /cost by itself")

	_, code = s.ask("look at @" + path).rest()
	require.Equal(t, websocket.CloseNormalClosure, code)
	require.NotContains(t, string(w.api.Requests()[0].Body), secret)
}
