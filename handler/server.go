package handler

import (
	"context"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/gofiber/contrib/websocket"
	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/recover"

	"spool/chat"
	"spool/claude"
	"spool/run"
	"spool/schema"
	"spool/webhook"
)

// Limits of HTTP that nobody needs to set.
const (
	headerTimeout = 8 * time.Second  // a request must have arrived: slow headers hold a connection
	idleTimeout   = 60 * time.Second // of a connection kept alive between requests
	answerTimeout = 10 * time.Second // for a client to take an answer
	headerBytes   = 16 << 10
	bodyBytes     = 64 << 10
	// spareConnections may be open for plain HTTP besides the sockets.
	spareConnections = 256
)

// Config is what the operator decides about the doors.
type Config struct {
	// Version is the server's own.
	Version string
	// AllowHosts and AllowOrigins are accepted besides the server's own address.
	AllowHosts, AllowOrigins []string
	// PromptTimeout is how long a socket may be open without a payload.
	PromptTimeout time.Duration
	// StallTimeout is how long a client may take nothing of what is sent to it.
	StallTimeout time.Duration
	// PingInterval is the time between pings. A client that gives no sign of life for two
	// of them is gone.
	PingInterval time.Duration
	// MaxConnections is how many sockets may be open.
	MaxConnections int
	// AllowEmbeds are the origins whose pages may show the chat page in a frame.
	AllowEmbeds []string
	// Webhooks are where clients of the web chat may have answers sent; nil is nowhere.
	Webhooks *webhook.Sender
	// Health is what /api/health tells besides what the server knows itself.
	Health Facts

	now func() time.Time // nil is the real time
}

// Server answers requests.
type Server struct {
	config      Config
	runs        *run.Registry
	chats       *chat.Service
	versions    *claude.Versions
	log         *slog.Logger
	app         *fiber.App
	connections connections
	tokens      *tokens
	attempts    *attempts
	calls       sync.WaitGroup // of the web chat, which go on without their clients
}

// New returns a Server that is ready to [Server.Serve].
func New(config Config, runs *run.Registry, chats *chat.Service, versions *claude.Versions, log *slog.Logger) *Server {
	s := &Server{config: config, runs: runs, chats: chats, versions: versions, log: log}
	s.connections.init(config.MaxConnections)
	if s.config.now == nil {
		s.config.now = time.Now
	}
	s.tokens, s.attempts = newTokens(s.config.now), newAttempts(s.config.now)
	s.app = fiber.New(fiber.Config{
		DisableStartupMessage: true,
		ErrorHandler:          s.answerError,
		Immutable:             true, // strings of a request outlive it here
		ReadTimeout:           headerTimeout,
		IdleTimeout:           idleTimeout,
		WriteTimeout:          answerTimeout,
		ReadBufferSize:        headerBytes,
		BodyLimit:             bodyBytes,
		Concurrency:           config.MaxConnections + spareConnections,
		ReduceMemoryUsage:     true,
	})
	s.route(gate{hosts: lower(config.AllowHosts), origins: lower(config.AllowOrigins)})
	return s
}

// route lists every door.
func (s *Server) route(g gate) {
	s.app.Use(recover.New(recover.Config{EnableStackTrace: true, StackTraceHandler: s.logPanic}), g.check)
	s.app.Use("/webchat", localOnly)
	s.routePages()
	s.app.Get("/api/health", s.health)
	s.app.Get("/api/openapi.json", document("openapi.json"))
	s.app.Get("/api/asyncapi.json", document("asyncapi.json"))
	s.app.Get("/livez", s.live)
	s.app.Get("/readyz", s.ready)
	s.app.Post("/api/runs", s.createRun)
	s.app.Get("/api/runs", s.listRuns)
	s.app.Get("/api/runs/:run", s.getRun)
	s.app.Get("/api/runs/:run/lines", s.getLines)
	s.app.Post("/api/runs/:run/abort", s.abortRun)
	s.app.Get("/ws", s.admit, s.socket(s.chat))
	s.app.Get("/ws/claude", s.admit, s.socket(s.claude, schema.Subprotocol))
	s.app.Get("/ws/runs/:run", s.admit, s.knownRun, s.socket(s.watchRun, schema.Subprotocol))
	s.routeChats()
	s.routeWebChat()
}

// routeChats lists the doors of conversations.
func (s *Server) routeChats() {
	s.app.Get("/api/chats", s.listChats)
	s.app.Post("/api/chats", s.createChat)
	s.app.Get("/api/chats/:chat", s.getChat)
	s.app.Put("/api/chats/:chat", s.updateChat)
	s.app.Delete("/api/chats/:chat", s.deleteChat)
	s.app.Put("/api/chats/:chat/tags", s.tagChat)
	s.app.Put("/api/chats/:chat/star", s.starChat)
	s.app.Get("/api/chats/:chat/stream", s.getUIStream)
	s.app.Post("/api/chats/:chat/stream", s.sendUIMessage)
	s.app.Post("/api/chats/:chat/abort", s.abortChat)
	s.app.Get("/api/chats/:chat/messages", s.getMessages)
	s.app.Get("/api/chats/:chat/export", s.exportChat)
	s.app.Get("/api/messages", s.getLatestMessages)
	s.app.Get("/api/conversations", s.listConversations)
	s.app.Get("/api/conversations/:chat/metadata", s.getMetadata)
	s.app.Post("/api/providers/sessions", s.createSession)
	s.app.Get("/api/search", s.search)
	s.app.Get("/api/usage", s.usage)
	s.app.Get("/api/approvals", s.listApprovals)
	s.app.Get("/api/approvals/:approval", s.getApproval)
	s.app.Post("/api/approvals/:approval", s.decide)
}

// admit refuses an upgrade that could not be served, while it can still be told by HTTP.
func (s *Server) admit(c *fiber.Ctx) error {
	if !websocket.IsWebSocketUpgrade(c) {
		return fiber.ErrUpgradeRequired
	}
	if err := s.connections.refusal(); err != nil {
		return err
	}
	return c.Next()
}

// Serve answers what comes in on the listener until [Server.Close].
func (s *Server) Serve(listener net.Listener) error {
	guard(s.app.Server(), s.config.AllowEmbeds)
	return s.app.Listener(wires{listener})
}

// Drain refuses new sockets from now on, and ends those that have not sent a prompt. Runs
// go on: what becomes of them is [run.Registry.Drain]'s.
func (s *Server) Drain() { s.connections.drain() }

// Close returns when every socket has ended and nothing listens any more. When ctx is
// done first, the sockets are cut.
func (s *Server) Close(ctx context.Context) error {
	s.connections.drain()
	s.connections.wait(ctx)
	s.calls.Wait()
	return s.app.ShutdownWithContext(ctx)
}

// logPanic keeps a panic's words inside the house.
func (s *Server) logPanic(c *fiber.Ctx, cause any) {
	s.log.Error("panic in request", "method", c.Method(), "panic", cause)
}
