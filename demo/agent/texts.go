package agent

// What the scripts say. Each text tells its reader that it comes from the
// stand-in, because it may be read on its own: in a log, a page, a transcript.

const quoteText = `Hello! This is Spool's stand-in agent: there is no model behind it, so it cannot really answer. You wrote:

%s

Start a prompt with one of these words to see a scripted answer: %s.`

const (
	toolText      = "hello from a tool (stand-in agent: nothing was executed)"
	afterToolText = "The tool call above was only shown: Spool's stand-in agent has no model and executes nothing."
)

const (
	askedText      = "Spool's stand-in agent has no model and executes nothing: it only asks."
	notGrantedText = "Claude requested permissions to use %s, but you haven't granted it yet."
	failedText     = "Tool permission request failed: "
	rejectedText   = "The user doesn't want to proceed with this tool use. The tool use was rejected " +
		"(eg. if it was a file edit, the new_string was NOT written to the file). " +
		"STOP what you are doing and wait for the user to tell you how to proceed."
)

const historyText = `This is Spool's stand-in agent (model: %s; permission mode: %s). Earlier turns that it knows: %d%s`

const slowText = `This is Spool's stand-in agent, speaking one word every half second. ` +
	`There is no model behind it. Watch the words arrive, press cancel, close the page ` +
	`or let it finish: all of them are good things to try.`

const markdownText = `## An answer in Markdown

This comes from Spool's **stand-in agent**: there is *no model* behind it.

1. A numbered item
2. Another one with ` + "`code`" + `

| column | value |
|---|---|
| lines  | as they come |

` + "```go" + `
package main

import "fmt"

func main() {
	fmt.Println("<b>hello</b> from the stand-in & its code block")
}
` + "```" + `

> A quotation, and the end.`

const errorText = "API Error: 400 the stand-in agent was asked for an error; no API was called"

const (
	crashText   = "Spool's stand-in agent is about to crash, because you asked for it."
	crashStderr = "crashing now with exit status 3, as the script says"
)

var stderrText = []string{
	"warning: this line was written to stderr",
	"warning: stderr holds warnings too; it does not mean that the run failed",
}

const (
	afterStderrText = "Two warnings went to stderr. Apart from that all is well, says Spool's stand-in agent (no model)."
	hangText        = "This is the whole answer of Spool's stand-in agent (no model). Its process now stays although it has nothing left to say; Spool ends it after the result grace."
)

var longText = []string{
	`This is a long answer from Spool's stand-in agent. There is no model behind it: the text is fixed, and it is long ` +
		`so that you can watch a stream arrive, scroll while it grows, and cancel it half-way.` + "\n\n",

	`Spool starts a command-line agent for each prompt. The agent's standard output is not a pipe into the server; it ` +
		`is a file in the run's own directory, opened for append and handed to the child. The server follows that file and ` +
		`sends each line to your WebSocket as one text frame, with its bytes unchanged.` + "\n\n",

	`A file has qualities that a pipe has not. A slow reader costs nothing, because the file is the buffer. A reader that ` +
		`comes late starts at the line it wants. A line may be as long as it likes, since it is copied in pieces. And when the ` +
		`server is gone the agent can still finish its turn, and its words are still there.` + "\n\n",

	`Ending a run well is the harder half of the work. An agent starts tools, tools start children, and some of those ` +
		`children put themselves into sessions of their own. So Spool asks politely first, then less politely, and then ` +
		`looks whether anything that belonged to the run is left. Only when nothing is left does it call the run ended.` + "\n\n",

	`Every run ends in exactly one way, and the close code tells which. One thousand means that the answer is whole. One ` +
		`thousand and eight means that what you sent was not acceptable, and nothing was started. One thousand and eleven means ` +
		`that the run failed, and the error frame before it carries a code that a program can act on.` + "\n\n",

	`You may want to try the other scripted words now. The slow one gives you time to press cancel. The crashing one ` +
		`shows what an exit without a result looks like. The silent one says nothing at all, so that a deadline has ` +
		`something to do. The hanging one answers and then refuses to leave.` + "\n\n",

	`When you have the real agent installed and logged in, start Spool without the demo flag. The frames stay the same: ` +
		`the stand-in speaks the same language, line for line, so what works here works there. Only the answers get better.` + "\n\n",

	`That is all there is. If you read this far while the words were arriving, the stream works. Thank you for trying ` +
		`Spool with its stand-in agent, and have a good day.`,
}
