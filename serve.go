package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/gofrs/flock"

	"spool/chat"
	"spool/claude"
	"spool/demo/agent"
	"spool/handler"
	"spool/procman"
	"spool/run"
	"spool/spool"
	"spool/store"
)

// marker is the variable in the environment of everything that a run starts.
const marker = "SPOOL_RUN"

// serveCommand is the server's flags. Their names are fixed: users and scripts rely on them.
type serveCommand struct {
	Listen  string `default:"127.0.0.1:3000" help:"Address to listen on. Port 0 picks a free one."`
	DataDir string `default:"${dataDir}" help:"Directory of everything that is kept."`
	Claude  string `default:"claude" help:"The CLI to run: a path, or a name on PATH."`
	Demo    bool   `help:"Use the built-in stand-in agent instead of claude: everything works without a login, but there is no model."`

	Workspace      string `help:"Working directory of the runs. The default is workspace in the data directory." placeholder:"DIR"`
	TrustWorkspace bool   `help:"Load the workspace's .claude settings and .mcp.json. They run commands."`

	RunTimeout    time.Duration    `default:"5m" help:"Longest run, from its prompt on."`
	IdleTimeout   optionalDuration `default:"off" help:"Longest time without output; off is no limit."`
	PromptTimeout time.Duration    `default:"2m" help:"Longest time between connecting and the prompt."`
	StopGrace     time.Duration    `default:"5s" help:"Time from SIGTERM to SIGKILL when a run is stopped."`
	DrainGrace    time.Duration    `default:"20s" help:"Time for runs to end when the server is stopped."`
	ResultGrace   time.Duration    `default:"3s" help:"Time for the CLI to exit after its result."`
	StallTimeout  time.Duration    `default:"1m" help:"A client that takes nothing for so long is cut."`
	PingInterval  time.Duration    `default:"25s" help:"Time between pings. A client that is silent for two of them is gone."`

	MaxRuns        int      `default:"${maxRuns}" help:"Runs at once. The default is what this machine's memory is good for."`
	MaxQueue       int      `default:"64" help:"Runs that may wait for a place."`
	MaxConnections int      `default:"4096" help:"Open sockets."`
	MaxOutput      byteSize `default:"1GiB" help:"Output of one run."`
	MaxProcesses   int      `default:"512" help:"Processes of one run."`

	Warm       int              `default:"1" help:"Claude processes that wait for the next run, of each kind (model, partial) that was used lately; 0 is none."`
	WarmMemory byteSize         `default:"1GiB" help:"Memory of all that wait. One takes about 200 MiB."`
	WarmIdle   optionalDuration `default:"1h" help:"How long a kind of run that nobody uses is kept waiting for; off is for ever."`

	SessionIdle     time.Duration    `default:"15m" help:"How long the process of a conversation waits for its next message; 0 is not at all."`
	SessionMemory   byteSize         `default:"1GiB" help:"Memory of all processes that wait so; above it the one that was used least lately goes first."`
	ApprovalTimeout optionalDuration `default:"1h" help:"How long a tool's call waits for somebody's approval before it is denied; off is for ever."`

	OnRestart     string        `default:"adopt" enum:"adopt,stop" help:"What becomes of detached runs that an earlier server left behind when it was killed: adopt or stop."`
	Retain        time.Duration `default:"24h" help:"How long the output of a run is kept after its end; 0 keeps none."`
	RetainSize    byteSize      `default:"10GiB" help:"Output that is kept in all; above it the oldest goes first."`
	RetainRecords time.Duration `default:"2160h" help:"How long it is known how a run ended, once its output is gone."`

	AllowOrigin    []string `help:"Web pages that may connect besides the server's own, as scheme://host[:port]. Repeatable." placeholder:"ORIGIN"`
	AllowHost      []string `help:"Names under which the server may be reached besides its own address. Repeatable." placeholder:"NAME"`
	AllowEmbed     []string `help:"Web pages that may show the chat page in a frame, as scheme://host[:port]. Repeatable." placeholder:"ORIGIN"`
	InsecureNoAuth bool     `help:"Listen on an address that others can reach, although nobody has to log in: whoever reaches it runs commands as you."`

	Webhook           []string `sep:"none" help:"Where the web chat may have answers sent, as NAME=URL. Repeatable." placeholder:"NAME=URL"`
	WebhookSecretFile string   `help:"File with the secret that signs what webhooks get. The default is made in the data directory." placeholder:"FILE"`

	PermissionMode      string   `help:"Passed to the CLI." placeholder:"MODE"`
	AllowedTools        []string `help:"Passed to the CLI. Repeatable." placeholder:"TOOL"`
	DenyTools           []string `help:"Passed to the CLI, and never approved. Repeatable." placeholder:"TOOL"`
	Model               string   `help:"Passed to the CLI." placeholder:"MODEL"`
	AllowModel          []string `help:"A model that clients may ask for instead; * is any. Repeatable." placeholder:"MODEL"`
	AllowPermissionMode []string `help:"A permission mode that conversations may ask for instead; * is any. Repeatable." placeholder:"MODE"`
	MaxBudget           float64  `help:"The most that one message of a conversation may cost, in USD; 0 is no limit."`
	AllowSlashCommands  bool     `help:"A prompt that starts with / is a command of the CLI, not text."`
	AllowAttachments    bool     `help:"@path in a prompt attaches that file."`
	Env                 []string `help:"More environment variables that the CLI gets. Repeatable." placeholder:"NAME"`

	LogLevel  slog.Level `default:"info" help:"debug, info, warn or error."`
	LogFormat string     `default:"text" enum:"text,json" help:"text or json."`
}

// Run serves until a signal says stop.
func (c *serveCommand) Run(s streams) error {
	log := c.logger(s)
	if err := c.check(); err != nil {
		return err
	}
	unlock, err := lock(c.DataDir)
	if err != nil {
		return err
	}
	defer unlock()
	h, err := c.build(log)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", c.Listen)
	if err != nil {
		h.close(log)
		return fmt.Errorf("%w: choose another address with --listen", err)
	}
	if err := h.runs.Sweep(context.Background()); err != nil {
		return err // nothing is torn down under the runs that were adopted by then: they go on without a server
	}
	if err := h.chats.Resume(context.Background()); err != nil {
		return err
	}
	defer h.close(log)
	defer background(h.runs.Retain)()
	return c.serve(h, listener, s, log)
}

// background does something that lasts until stop is called, which returns when it is over.
func background(do func(context.Context)) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var doing sync.WaitGroup
	doing.Go(func() { do(ctx) })
	return func() { cancel(); doing.Wait() }
}

// logger returns the log, on stderr.
func (c *serveCommand) logger(s streams) *slog.Logger {
	options := &slog.HandlerOptions{Level: c.LogLevel}
	if c.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(s.errors, options))
	}
	return slog.New(slog.NewTextHandler(s.errors, options))
}

// check refuses settings with which the server must not start, and fills in those that
// depend on others.
func (c *serveCommand) check() (err error) {
	if c.DataDir == "" {
		return &usageError{errors.New("no home directory: name one with --data-dir")}
	}
	if c.DataDir, err = filepath.Abs(c.DataDir); err != nil {
		return err
	}
	if c.Workspace == "" {
		c.Workspace = filepath.Join(c.DataDir, "workspace")
	}
	if c.Workspace, err = filepath.Abs(c.Workspace); err != nil {
		return err
	}
	if physical, err := filepath.EvalSymlinks(c.Workspace); err == nil {
		c.Workspace = physical // a link that comes into its place later is refused
	}
	return errors.Join(c.checkNumbers(), c.checkOrigins(), c.checkListen(), c.checkWebhooks())
}

// checkOrigins refuses what no browser sends: it would never match.
func (c *serveCommand) checkOrigins() error {
	for flag, origins := range map[string][]string{"--allow-origin": c.AllowOrigin, "--allow-embed": c.AllowEmbed} {
		for _, origin := range origins {
			u, err := url.Parse(origin)
			if err != nil || u.Host == "" || u.Scheme+"://"+u.Host != origin || strings.ContainsAny(origin, " ;,*'") {
				return &usageError{fmt.Errorf("%s %q: give scheme://host[:port], for example http://localhost:5173", flag, origin)}
			}
		}
	}
	return nil
}

// checkNumbers refuses settings that cannot work.
func (c *serveCommand) checkNumbers() error {
	for name, value := range map[string]int64{
		"run-timeout": int64(c.RunTimeout), "prompt-timeout": int64(c.PromptTimeout), "stall-timeout": int64(c.StallTimeout),
		"ping-interval": int64(c.PingInterval), "max-runs": int64(c.MaxRuns), "max-connections": int64(c.MaxConnections),
		"max-output": int64(c.MaxOutput), "max-processes": int64(c.MaxProcesses),
	} {
		if value <= 0 {
			return &usageError{fmt.Errorf("--%s must be more than 0", name)}
		}
	}
	if min(c.MaxQueue, c.Warm) < 0 || min(c.RetainSize, c.WarmMemory, c.SessionMemory) < 0 || !(c.MaxBudget >= 0) ||
		min(c.StopGrace, c.DrainGrace, c.ResultGrace, time.Duration(c.IdleTimeout), time.Duration(c.WarmIdle), c.Retain, c.RetainRecords,
			c.SessionIdle, time.Duration(c.ApprovalTimeout)) < 0 {
		return &usageError{errors.New("--max-queue, --max-budget, --idle-timeout, --approval-timeout, --warm…, --session…, --retain… and the graces must not be negative")}
	}
	return nil
}

// checkListen refuses an address that others can reach: this server runs commands for
// whoever can talk to it.
func (c *serveCommand) checkListen() error {
	host, _, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return &usageError{fmt.Errorf("--listen %q: give host:port, for example 127.0.0.1:3000", c.Listen)}
	}
	address, err := netip.ParseAddr(host)
	if c.InsecureNoAuth || host == "localhost" || err == nil && address.Unmap().IsLoopback() {
		return nil
	}
	return &usageError{fmt.Errorf("--listen %s can be reached by others, and whoever reaches this server runs commands as you: "+
		"listen on 127.0.0.1 and reach it through an SSH tunnel, or give --insecure-no-auth if you know what keeps others out", c.Listen)}
}

// lockPatience is how long a data directory may be locked by what a killed server was just
// starting: until a new process has become its program, it holds all that its parent held.
const lockPatience = time.Second

// lock makes sure that one server at a time uses a data directory.
func lock(dir string) (unlock func(), err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make data directory: %w", err)
	}
	file := flock.New(filepath.Join(dir, "LOCK"), flock.SetPermissions(0o600))
	ctx, cancel := context.WithTimeout(context.Background(), lockPatience)
	defer cancel()
	locked, err := file.TryLockContext(ctx, lockPatience/50)
	if err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return nil, fmt.Errorf("lock data directory: %w", err)
	}
	if !locked {
		return nil, fmt.Errorf("another server uses the data directory %s: name another one with --data-dir", dir)
	}
	return func() { _ = file.Unlock() }, nil
}

// house is everything that a server is made of.
type house struct {
	supervisor *procman.Supervisor
	watcher    *spool.Watcher
	store      *store.Store
	runs       *run.Registry
	chats      *chat.Service
	doors      *handler.Server
}

// build makes the house, from the leaves up.
func (c *serveCommand) build(log *slog.Logger) (*house, error) {
	hooks, err := c.webhooks(log)
	if err != nil {
		return nil, err
	}
	supervisor, err := procman.New(marker)
	if err != nil {
		return nil, err
	}
	watcher, err := spool.NewWatcher()
	if err != nil {
		return nil, errors.Join(err, supervisor.Close())
	}
	records, err := store.Open(context.Background(), filepath.Join(c.DataDir, "spool.db"))
	if err != nil {
		return nil, errors.Join(err, watcher.Close(), supervisor.Close())
	}
	agent, err := c.agent(supervisor)
	if err != nil {
		return nil, errors.Join(err, records.Close(), watcher.Close(), supervisor.Close())
	}
	runs := run.NewRegistry(c.runConfig(), agent, watcher, records, run.NewMask(claude.Secrets(os.Environ())), log)
	chats := chat.New(c.chatConfig(agent), runs, records, log)
	config := c.doorConfig(supervisor.Method())
	config.Webhooks = hooks
	doors := handler.New(config, runs, chats, &claude.Versions{Agent: agent}, log)
	return &house{supervisor, watcher, records, runs, chats, doors}, nil
}

func (h *house) close(log *slog.Logger) {
	if err := errors.Join(h.store.Close(), h.watcher.Close(), h.supervisor.Close()); err != nil {
		log.Warn("clean up", "error", err)
	}
}

// agent returns what starts the CLI, or this program as the stand-in.
func (c *serveCommand) agent(supervisor *procman.Supervisor) (*claude.Agent, error) {
	options := claude.Options{
		TrustWorkspace: c.TrustWorkspace, AllowSlashCommands: c.AllowSlashCommands, AllowAttachments: c.AllowAttachments,
		PermissionMode: c.PermissionMode, AllowedTools: c.AllowedTools, Model: c.Model,
	}
	program := claude.Program{Name: c.Claude}
	if c.Demo {
		self, err := os.Executable()
		if err != nil {
			return nil, fmt.Errorf("find the stand-in agent: %w", err)
		}
		program = claude.Program{Name: self, Prefix: []string{agent.Name}, StandIn: agent.Version}
	}
	return &claude.Agent{
		Program: program, Options: options, Supervisor: supervisor,
		Environment: options.Environment(os.Environ(), c.Env), MaxProcesses: c.MaxProcesses,
	}, nil
}

func (c *serveCommand) runConfig() run.Config {
	return run.Config{
		DataDir: c.DataDir, Workspace: c.Workspace,
		RunTimeout: c.RunTimeout, IdleTimeout: time.Duration(c.IdleTimeout),
		StopGrace: c.StopGrace, ResultGrace: c.ResultGrace,
		MaxRuns: c.MaxRuns, MaxQueue: c.MaxQueue, MaxOutput: int64(c.MaxOutput), AllowModels: c.AllowModel,
		Retain: c.Retain, RetainSize: int64(c.RetainSize), RetainRecords: c.RetainRecords, StopLeft: c.OnRestart == "stop",
		SessionIdle: c.SessionIdle, SessionMemory: int64(c.SessionMemory), ApprovalTimeout: time.Duration(c.ApprovalTimeout),
		DenyTools: c.DenyTools,
		Warm:      claude.PoolConfig{Size: c.Warm, Memory: int64(c.WarmMemory), Idle: time.Duration(c.WarmIdle)},
	}
}

func (c *serveCommand) chatConfig(agent *claude.Agent) chat.Config {
	return chat.Config{
		DataDir: c.DataDir, Workspace: c.Workspace, AllowModels: c.AllowModel, AllowPermissionModes: c.AllowPermissionMode,
		MaxBudgetUSD: c.MaxBudget, HasSession: agent.HasSession,
	}
}

func (c *serveCommand) doorConfig(containment procman.Method) handler.Config {
	facts := handler.Facts{Containment: containment, RunTimeout: c.RunTimeout, MaxRuns: c.MaxRuns, MaxQueue: c.MaxQueue, Models: c.AllowModel, PermissionModes: c.AllowPermissionMode}
	if c.Demo {
		facts.Words = agent.Words()
	}
	return handler.Config{
		Version: version, AllowHosts: c.AllowHost, AllowOrigins: c.AllowOrigin, AllowEmbeds: c.AllowEmbed,
		PromptTimeout: c.PromptTimeout, StallTimeout: c.StallTimeout, PingInterval: c.PingInterval,
		MaxConnections: c.MaxConnections, Health: facts,
	}
}
