package handler

import (
	"context"

	"github.com/fasthttp/websocket"

	"spool/chat"
	"spool/schema"
)

// user is whose conversations a client sees: as long as nobody logs in, there is one.
const user = ""

// chat is the door /ws: any number of conversations in three vocabularies, until the client
// leaves. No run depends on that.
func (s *Server) chat(conn *websocket.Conn, _ door) {
	d := newChatDoor(s, conn)
	refusal := s.connections.enter(d.session)
	if refusal == nil {
		defer s.connections.leave(d.session) // after the close frame: shutting down waits for it
	}
	ignore := d.await(refusal)
	d.serve()
	ignore()
}

// chatDoor is the conversation on one socket. All of it but the inbox belongs to the writer.
type chatDoor struct {
	*session
	server *Server
	chats  *chat.Service
	client string
	inbox  *inbox
	failed error // of the first frame that could not be written

	following following
	pending   map[string]pending // runs whose answer this socket waits for
	gateway   bool               // it has spoken this vocabulary
	made      map[string]string  // conversations that it has made, as it was told of them
	threads   threads
}

func newChatDoor(s *Server, conn *websocket.Conn) *chatDoor {
	d := &chatDoor{
		session: newSession(conn, s.config, s.log), server: s, chats: s.chats, client: client(conn.RemoteAddr()),
		inbox: newInbox(), following: following{subscriptions: map[string]*subscription{}}, pending: map[string]pending{}, made: map[string]string{},
	}
	d.calls, d.dialect = 0, chatDialect{}
	return d
}

// chatDialect is how a chat socket is told why it ends.
type chatDialect struct{ raw }

func (chatDialect) failure(err *schema.Error) []byte {
	return schema.Encode(schema.NewProtocolError(schema.Incoming{}, err))
}

// await begins with the client's first message. A socket that has said nothing ends as soon as
// the server is being stopped.
func (d *chatDoor) await(refusal *schema.Error) (ignore func() bool) {
	if refusal != nil {
		d.begin(func() *ending { return refused(refusal) })
	}
	d.heard = func() { d.begin(d.converse) }
	return context.AfterFunc(d.server.connections.open, func() { d.begin(func() *ending { return refused(errDraining) }) })
}

// converse answers and tells what is new until the socket ends, and returns how.
func (d *chatDoor) converse() *ending {
	defer d.chats.Watch(user, d.inbox.add)()
	defer d.following.closeAll()
	for d.failed == nil && d.ctx.Err() == nil {
		// Everything gets a turn, however much there is of the others.
		if heard, told, shown := d.hear(), d.tellNews(), d.follow(); heard || told || shown {
			continue
		}
		if d.server.connections.over.Err() != nil {
			return refused(errDraining)
		}
		d.pause()
	}
	if d.failed != nil {
		return d.unwritable(d.failed)
	}
	for d.hear() { // what was sent before the client has left is done
	}
	return d.ended()
}

// hear answers a message, if there is one.
func (d *chatDoor) hear() bool {
	select {
	case message := <-d.messages:
		d.answer(message)
		return true
	default:
		return false
	}
}

// pause sends what was gathered, and returns when there is something to do.
func (d *chatDoor) pause() {
	if d.failed = d.frames.flush(); d.failed != nil {
		return
	}
	select {
	case message := <-d.messages:
		d.answer(message)
	case <-d.inbox.bell:
	case <-d.ctx.Done():
	case <-d.server.connections.over.Done():
	}
}

// answer does what a client's frame asks for. What is refused changes nothing.
func (d *chatDoor) answer(message []byte) {
	in, err := schema.DecodeChat(message)
	if err == nil {
		err = d.do(in)
	}
	if err != nil {
		d.refuse(in, err)
	}
}

func (d *chatDoor) do(in schema.Incoming) error {
	switch in.Vocabulary {
	case schema.Thread:
		return d.doThread(in.Message)
	case schema.Hub:
		return d.doHub(in.Message)
	default:
		d.gateway = true
		return d.doGateway(in.Message)
	}
}

// refuse tells an error in the vocabulary in which it was asked for.
func (d *chatDoor) refuse(in schema.Incoming, err error) {
	known := told(err, d.log)
	if known.Code == schema.Internal {
		known = schema.NewError(schema.InternalError, known.Text)
	}
	switch in.Vocabulary {
	case schema.Thread:
		d.tell(schema.NewThreadError(known))
	case schema.Hub:
		d.tell(schema.NewHubError(in.Conversation, known))
	default:
		d.tell(schema.NewProtocolError(in, known))
	}
}

// tell sends a frame of package schema. Frames that cannot be written end the socket at its
// next turn.
func (d *chatDoor) tell(frame any) { d.write(schema.Encode(frame)) }

func (d *chatDoor) write(text []byte) {
	if d.failed == nil && d.ctx.Err() == nil {
		d.failed = d.send(text)
	}
}
