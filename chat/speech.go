package chat

import (
	"bytes"
	"errors"
	"io"

	"spool/run"
	"spool/schema"
	"spool/spool"
)

// assistantLine is what the agent's own lines begin with, said by the model or by an agent that it has started;
// streamLine what the parts of a block that is being written do.
var assistantLine, streamLine = []byte(`{"type":"assistant"`), []byte(`{"type":"stream_event"`)

// speech is what the model itself has said in a run.
type speech struct {
	parts bool         // of a block that is not finished, too
	whole bytes.Buffer // every block that is finished, a blank line between two
	begun bytes.Buffer // what there is of the one that is not
}

// said returns what was said in a run that has ended, with the parts of its last block if they are wanted.
func said(r *run.Run, parts bool) (*speech, error) {
	s := &speech{parts: parts}
	view, err := r.View(0)
	if err != nil {
		return s, err
	}
	defer view.Leave(run.ClientGone)
	for {
		event, err := view.Next()
		if errors.Is(err, io.EOF) {
			return s, nil
		}
		if err != nil {
			return s, err
		}
		for line := range event.Lines {
			if err := s.add(line); err != nil {
				return s, err
			}
		}
	}
}

// add adds what a line says. One that is too long to be read is left to its run.
func (s *speech) add(line spool.Line) error {
	head, err := line.Head(int64(len(streamLine)))
	whole, part := bytes.HasPrefix(head, assistantLine), s.parts && bytes.Equal(head, streamLine)
	if err != nil || !whole && !part || line.Size > schema.MaxParsedBytes {
		return err
	}
	text, err := line.Head(line.Size)
	m, ok := readMembers(text)
	switch {
	case !ok || m.text("parent_tool_use_id") != "":
	case part:
		s.addPart(m.object("event"))
	default:
		s.addBlocks(m.object("message"))
	}
	return err
}

// addPart adds some of a block. A message that is asked for again takes the place of what there was of it.
func (s *speech) addPart(event members) {
	if event.text("type") == "message_start" {
		s.begun.Reset()
	}
	if delta := event.object("delta"); delta.text("type") == "text_delta" {
		s.begun.WriteString(delta.text("text"))
	}
}

// addBlocks adds what the model has written, which takes the place of its parts. What the CLI writes in
// its place, such as that the API has failed, is not from a model.
func (s *speech) addBlocks(message members) {
	if message.text("model") == "<synthetic>" {
		return
	}
	s.begun.Reset()
	for _, block := range message.blocks("content") {
		if text := block.text("text"); kindOf(block) == "text" {
			s.addText(text)
		}
	}
}

// addText adds a block.
func (s *speech) addText(text string) {
	if text != "" && s.whole.Len() > 0 {
		s.whole.WriteString("\n\n")
	}
	s.whole.WriteString(text)
}
