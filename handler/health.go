package handler

import (
	"context"
	"net/http"
	"time"

	"github.com/gofiber/fiber/v2"

	"spool/claude"
	"spool/procman"
	"spool/run"
	"spool/schema"
)

// Facts are what only main knows about the server.
type Facts struct {
	Containment procman.Method
	RunTimeout  time.Duration
	MaxRuns     int
	MaxQueue    int
	// Models and PermissionModes are what clients may ask for; * is anything.
	Models, PermissionModes []string
	// Words are the stand-in agent's scripted words; nil with the real CLI.
	Words any
}

// healthTimeout is how long asking the CLI for its version may hold an answer up.
const healthTimeout = 5 * time.Second

// health is the answer of /api/health.
type health struct {
	Status  string `json:"status"` // ok, degraded (no run can start), draining
	Version string `json:"version"`
	Demo    bool   `json:"demo"`
	CLI     cli    `json:"cli"`
	Runs    struct {
		Running  int `json:"running"`
		Max      int `json:"max"`
		Queued   int `json:"queued"`
		MaxQueue int `json:"maxQueue"`
	} `json:"runs"`
	Sockets struct {
		Open int `json:"open"`
		Max  int `json:"max"`
	} `json:"sockets"`
	Storage struct {
		Low bool `json:"low"` // new runs are refused
	} `json:"storage"`
	Containment procman.Method   `json:"containment"`
	Warm        claude.PoolStats `json:"warm"`
	Kept        run.KeptStats    `json:"kept"`
	Limits      struct {
		PromptBytes       int     `json:"promptBytes"`
		MetaLength        int     `json:"metaLength"`
		RunTimeoutSeconds float64 `json:"runTimeoutSeconds"`
	} `json:"limits"`
	Allows struct {
		Models          []string `json:"models"` // * is any
		PermissionModes []string `json:"permissionModes"`
	} `json:"allows"`
	Words any `json:"words,omitempty"`
}

// cli is what is known of the CLI.
type cli struct {
	Found   bool   `json:"found"`
	Version string `json:"version,omitempty"`
	Problem string `json:"problem,omitempty"`
	Hint    string `json:"hint,omitempty"`
}

// health tells people and monitors how the server is. It always answers 200: /readyz is
// for machines that decide by the status.
func (s *Server) health(c *fiber.Ctx) error {
	facts := s.config.Health
	h := health{Status: "ok", Version: s.config.Version, Demo: facts.Words != nil, Containment: facts.Containment, Words: facts.Words, CLI: s.cli()}
	h.Runs.Running, h.Runs.Queued = s.runs.Counts()
	h.Runs.Max, h.Runs.MaxQueue = facts.MaxRuns, facts.MaxQueue
	h.Sockets.Open, h.Sockets.Max = s.connections.count(), s.config.MaxConnections
	h.Storage.Low = s.runs.StorageLow()
	h.Warm, h.Kept = s.runs.Warm(), s.runs.Kept()
	h.Limits.PromptBytes, h.Limits.MetaLength = schema.MaxPromptBytes, schema.MaxMetaLength
	h.Limits.RunTimeoutSeconds = facts.RunTimeout.Seconds()
	h.Allows.Models, h.Allows.PermissionModes = orEmpty(facts.Models), orEmpty(facts.PermissionModes)
	switch {
	case s.connections.refusesAll():
		h.Status = "draining"
	case !h.CLI.Found || h.Storage.Low:
		h.Status = "degraded"
	}
	return answerJSON(c, http.StatusOK, h)
}

// cli asks for the CLI's version, which starts it once for each version of its file.
func (s *Server) cli() cli {
	ctx, cancel := context.WithTimeout(s.connections.open, healthTimeout)
	defer cancel()
	version, err := s.versions.Current(ctx)
	if err != nil {
		return cli{Problem: err.Error(), Hint: claude.Hint}
	}
	return cli{Found: true, Version: version}
}

// live answers as long as the server can answer at all.
func (s *Server) live(c *fiber.Ctx) error {
	return answerJSON(c, http.StatusOK, map[string]string{"status": "ok"})
}

// ready answers 200 when a run could start now. It never starts the CLI.
func (s *Server) ready(c *fiber.Ctx) error {
	if s.connections.refusesAll() {
		return errDraining
	}
	if _, err := s.versions.Agent.Program.Path(); err != nil {
		c.Set(fiber.HeaderRetryAfter, retryAfter)
		return answerJSON(c, http.StatusServiceUnavailable, schema.NewError(schema.SpawnFailed, err.Error()+"; "+claude.Hint))
	}
	return answerJSON(c, http.StatusOK, map[string]string{"status": "ok"})
}
