package handler

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"spool/chat"
	"spool/schema"
)

// uiStream shows a run of a conversation as the AI SDK's UI message stream.
type uiStream struct {
	*stream
	chunks  *chunks
	journal *chat.Subscription
	changed chan struct{}
	after   int64 // the seq that the client has
	over    bool  // the run had ended before
}

// getUIStream answers GET /api/chats/{chat}/stream: with the run that goes on, if there is one,
// or with the one that is asked for, from its beginning or behind Last-Event-ID.
func (s *Server) getUIStream(c *fiber.Ctx) error {
	id, err := chatID(c)
	if err != nil {
		return err
	}
	after, err := lastEvent(c)
	if err != nil {
		return err
	}
	run := c.Query("run")
	if err := s.checkRunOf(id, run); err != nil {
		return err
	}
	v, err := s.newStream(c, sse{})
	if err != nil {
		return err
	}
	u, err := s.openUIStream(id, run)
	if err != nil || u == nil {
		s.leave(v)
		c.Status(http.StatusNoContent)
		return err
	}
	u.after = after
	return s.answerUI(c, v, u)
}

// lastEvent returns the seq that a client has: it comes back with the last id that it has seen.
func lastEvent(c *fiber.Ctx) (int64, error) {
	text := c.Get("Last-Event-ID")
	if text == "" {
		return 0, nil
	}
	after, err := strconv.ParseInt(text, 10, 64)
	if err != nil || after < 0 {
		return 0, schema.NewError(schema.BadRequest, "Last-Event-ID must be the id of an event of this stream")
	}
	return after, nil
}

// checkRunOf refuses a run, if one is named, that is none of a conversation.
func (s *Server) checkRunOf(conversation, run string) error {
	if run == "" {
		return nil
	}
	r, err := s.runs.Open(context.Background(), run)
	if err != nil {
		return told(err, s.log)
	}
	if r.Info().Conversation != conversation {
		return schema.NewError(schema.NotFound, "there is no such run")
	}
	return nil
}

// openUIStream follows the journal from the beginning of a run on, of the one that goes on if none
// is named: nil if none does.
func (s *Server) openUIStream(id, run string) (*uiStream, error) {
	u := &uiStream{changed: make(chan struct{}, 1)}
	if err := u.follow(s.chats, id, chat.From{}); err != nil {
		return nil, err
	}
	active := u.journal.Ack.RunID
	run = cmp.Or(run, active)
	u.chunks, u.over = newChunks(run, id), run != active
	if run != "" && !u.over {
		return u, nil
	}
	u.journal.Close()
	if run == "" {
		return nil, nil
	}
	return u, u.follow(s.chats, id, chat.From{History: true})
}

func (u *uiStream) follow(chats *chat.Service, id string, from chat.From) (err error) {
	u.journal, err = chats.Subscribe(context.Background(), user, id, from, u.grown)
	return err
}

// grown has the stream look at the journal again.
func (u *uiStream) grown() {
	select {
	case u.changed <- struct{}{}:
	default:
	}
}

// answerUI answers with a stream.
func (s *Server) answerUI(c *fiber.Ctx, v *stream, u *uiStream) error {
	u.stream = v
	c.Set("X-Vercel-AI-UI-Message-Stream", "v1")
	return s.respond(c, v, eventStream, u.show, u.journal.Close)
}

// show writes what the journal has of the run, until its end.
func (u *uiStream) show() (complete bool) {
	for {
		text, err := u.journal.Next()
		switch {
		case errors.Is(err, io.EOF) && u.over:
			return u.fail("the run is not in the journal any more")
		case errors.Is(err, io.EOF):
			err = u.rest()
		case err == nil:
			complete, err = u.write(text)
		}
		if complete || err != nil {
			return complete
		}
	}
}

// write writes a frame's chunks. The id of the last one is the frame's: with the others a
// client would come back too late.
func (u *uiStream) write(text []byte) (complete bool, err error) {
	if !bytes.Contains(text, []byte(u.chunks.begun.Run)) {
		return false, nil // without reading more of it: there may be years of frames
	}
	frame, err := schema.DecodeFrame(text)
	if err != nil || frame.RunID != u.chunks.begun.Run {
		return false, err
	}
	list := u.chunks.of(frame)
	if frame.Seq > u.after {
		for i, one := range list {
			if i == len(list)-1 {
				_, _ = u.to.WriteString("id: " + strconv.FormatInt(frame.Seq, 10) + "\n")
			}
			err = u.send(schema.Encode(one))
		}
	}
	if err != nil || frame.Kind != schema.KindComplete {
		return false, err
	}
	return true, u.send([]byte("[DONE]"))
}

// fail tells that there is nothing to show, and ends.
func (u *uiStream) fail(why string) (complete bool) {
	err := u.send(schema.Encode(chunk{Type: "error", ErrorText: why}))
	return errors.Join(err, u.send([]byte("[DONE]"))) == nil
}

func (u *uiStream) send(data []byte) error {
	_, _ = u.to.WriteString("data: ")
	_, _ = u.to.Write(data)
	_, err := u.to.WriteString("\n\n") // an error stays
	return err
}

// rest waits until there may be more, and tells the client that it is not forgotten.
func (u *uiStream) rest() error { return u.wait(u.changed, nil, nil) }
