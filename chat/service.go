package chat

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"

	"spool/run"
	"spool/schema"
	"spool/spool"
	"spool/store"
)

// Config is what the operator decides about conversations.
type Config struct {
	// DataDir holds the journals; Workspace is the root of working directories.
	DataDir, Workspace string
	// AllowModels and AllowPermissionModes are what clients may ask for; "*" is any.
	AllowModels, AllowPermissionModes []string
	// MaxBudgetUSD is the most that a client may allow a turn to cost, and what it may cost
	// without a wish; 0 is no limit.
	MaxBudgetUSD float64
	// HasSession reports whether the agent still has a session for a working directory, up to
	// what it calls uuid, unless that is empty.
	HasSession func(session, dir, uuid string) bool
}

// Service owns all conversations.
type Service struct {
	config Config
	runs   *run.Registry
	store  *store.Store
	log    *slog.Logger
	events events
	keys   keys

	closing context.Context // ends what waits to be tried again
	close   context.CancelFunc
	turns   sync.WaitGroup

	mu   sync.Mutex
	open map[string]*conversation // guarded by mu: those that somebody uses
}

// New returns a Service that is ready once [Service.Resume] has returned.
func New(config Config, runs *run.Registry, store *store.Store, log *slog.Logger) *Service {
	closing, stop := context.WithCancel(context.Background())
	return &Service{
		config: config, runs: runs, store: store, log: log, closing: closing, close: stop,
		events: events{watchers: map[*watcher]struct{}{}}, open: map[string]*conversation{},
		keys: keys{known: map[string]map[string]string{}},
	}
}

func (s *Service) journalDir() string { return filepath.Join(s.config.DataDir, "journal") }

// Resume goes on with what an earlier server has not finished. It is called after
// [run.Registry.Sweep].
func (s *Service) Resume(ctx context.Context) error {
	if err := os.MkdirAll(s.journalDir(), 0o700); err != nil {
		return fmt.Errorf("make journal directory: %w", err)
	}
	if err := s.removeJournals(ctx); err != nil {
		s.log.Error("remove journals of conversations that are gone", "error", err)
	}
	left, err := s.store.ActiveConversations(ctx)
	if err != nil && !errors.Is(err, store.ErrDamaged) {
		return fmt.Errorf("read unfinished conversations: %w", err)
	}
	if err != nil {
		s.log.Error("some records of unfinished conversations are damaged: they are left as they are", "error", err)
	}
	for _, record := range left {
		if err := s.resume(ctx, record); err != nil {
			s.log.Error("go on with conversation", "conversation", record.ID, "error", err)
		}
	}
	return nil
}

// Close returns when no turn is followed any more. The runs have ended before.
func (s *Service) Close() {
	s.close()
	s.turns.Wait()
}

// conversation is one that somebody uses.
type conversation struct {
	service  *Service
	id, user string
	journal  *journal
	users    int // guarded by Service.mu

	mu   sync.Mutex // whoever changes the conversation has it
	turn *turn      // guarded by mu: the one that goes on; nil if none does
	gone bool       // guarded by mu: deleted
}

// acquire returns a conversation, which must be released. The error is SESSION_NOT_FOUND or
// INTERNAL.
func (s *Service) acquire(ctx context.Context, user, id string) (*conversation, error) {
	record, err := s.record(ctx, user, id)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.open[id]
	if c == nil {
		if c, err = s.load(ctx, record); err != nil {
			return nil, s.fault("open journal", err)
		}
		s.open[id] = c
	}
	c.users++
	return c, nil
}

// release gives a conversation back that was acquired.
func (s *Service) release(c *conversation) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.users--; c.users > 0 {
		return
	}
	delete(s.open, c.id)
	if err := c.journal.close(); err != nil {
		s.log.Warn("close journal", "conversation", c.id, "error", err)
	}
}

// load opens a conversation's journal. One that is lost or damaged is followed by a new one, in a
// new epoch: the messages are not in it.
func (s *Service) load(ctx context.Context, record store.Conversation) (*conversation, error) {
	c := &conversation{service: s, id: record.ID, user: record.User}
	var err error
	c.journal, err = openJournal(s.journalDir(), record.ID, record.Epoch)
	if err == nil {
		return c, nil
	}
	if !errors.Is(err, os.ErrNotExist) && !errors.Is(err, spool.ErrDamaged) {
		return nil, err
	}
	s.log.Error("the journal of a conversation is lost: a new one begins", "conversation", record.ID, "error", err)
	c.journal, err = s.renewJournal(ctx, record)
	return c, err
}

func (s *Service) renewJournal(ctx context.Context, record store.Conversation) (*journal, error) {
	epoch := newEpoch()
	if err := createJournal(s.journalDir(), record.ID, epoch); err != nil {
		return nil, err
	}
	_, err := s.store.ChangeConversation(ctx, record.User, record.ID, func(c *store.Conversation) error {
		c.Epoch = epoch
		return nil
	})
	if err != nil {
		return nil, err
	}
	return openJournal(s.journalDir(), record.ID, epoch)
}

// record reads a conversation's record.
func (s *Service) record(ctx context.Context, user, id string) (store.Conversation, error) {
	if !schema.ConversationID.MatchString(id) {
		return store.Conversation{}, schema.ErrNoSession
	}
	record, err := s.store.Conversation(ctx, user, id)
	if err != nil {
		return store.Conversation{}, s.answer("read conversation", err)
	}
	return record, nil
}

// answer returns an error of the store as a client may see it.
func (s *Service) answer(what string, err error) error {
	known, isAnswer := errors.AsType[*schema.Error](err)
	switch {
	case err == nil:
		return nil
	case isAnswer:
		return known
	case errors.Is(err, store.ErrNotFound):
		return schema.ErrNoSession
	case errors.Is(err, store.ErrMoved):
		return schema.NewError(schema.HeadMoved, "the conversation has another last message by now")
	case errors.Is(err, store.ErrActive):
		return errInProgress
	case errors.Is(err, store.ErrFull):
		return schema.NewError(schema.StorageFull, "the server's disk is nearly full: try again when there is room")
	default:
		return s.fault(what, err)
	}
}

var errInProgress = schema.NewError(schema.RunInProgress, "the conversation is answering: wait for its end, abort it, or send with options.queue or options.interrupt")

// fault logs a fault of the server and returns what a client is told of it.
func (s *Service) fault(what string, err error) error {
	s.log.Error(what, "error", err)
	return schema.NewError(schema.Internal, "the server has a fault; its log has the cause")
}
