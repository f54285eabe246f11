package chat

import (
	"errors"
	"slices"
	"strings"

	"spool/claude"
	"spool/schema"
)

// efforts are what the agent knows.
var efforts = []string{"low", "medium", "high", "xhigh", "max"}

// overlay returns the options of a turn: a message's own before its conversation's.
func overlay(of, own schema.ChatOptions) schema.ChatOptions {
	pick := func(own, of string) string {
		if own != "" {
			return own
		}
		return of
	}
	o := schema.ChatOptions{
		Model: pick(own.Model, of.Model), Effort: pick(own.Effort, of.Effort),
		PermissionMode: pick(own.PermissionMode, of.PermissionMode), Cwd: pick(own.Cwd, of.Cwd), MaxBudgetUSD: of.MaxBudgetUSD,
	}
	if own.MaxBudgetUSD != 0 {
		o.MaxBudgetUSD = own.MaxBudgetUSD
	}
	return o
}

// allow refuses options that make no sense, or that this server does not allow.
func (s *Service) allow(o schema.ChatOptions) error {
	switch {
	case !allowed(s.config.AllowModels, o.Model):
		return forbidden("options.model: this server does not allow that model; its operator can, with --allow-model")
	case !allowed(s.config.AllowPermissionModes, o.PermissionMode):
		return forbidden("options.permissionMode: this server does not allow that mode; its operator can, with --allow-permission-mode")
	case o.Effort != "" && !slices.Contains(efforts, o.Effort):
		return invalid("options.effort must be one of " + strings.Join(efforts, ", "))
	case !(o.MaxBudgetUSD >= 0): // not a number either
		return invalid("options.maxBudgetUsd must be more than 0")
	case s.config.MaxBudgetUSD > 0 && o.MaxBudgetUSD > s.config.MaxBudgetUSD:
		return forbidden("options.maxBudgetUsd is above what this server allows")
	}
	return s.checkDir(o.Cwd)
}

func allowed(list []string, wish string) bool {
	return wish == "" || slices.Contains(list, wish) || slices.Contains(list, "*")
}

func forbidden(text string) error { return schema.NewError(schema.ForbiddenOption, text) }
func invalid(text string) error   { return schema.NewError(schema.InvalidOption, text) }

// checkDir refuses what is no directory within the workspace, symbolic links followed. It is
// looked at again when the agent is started in it.
func (s *Service) checkDir(dir string) error {
	if dir == "" {
		return nil
	}
	opened, err := claude.OpenDir(s.config.Workspace, dir)
	switch {
	case err == nil:
		return opened.Close()
	case errors.Is(err, claude.ErrDir), errors.Is(err, claude.ErrWorkspace):
		return invalid(claude.ErrDir.Error())
	default:
		return s.fault("look at working directory", err)
	}
}

// wishes returns what the agent is started with for a turn.
func (s *Service) wishes(o schema.ChatOptions, system string) claude.Wishes {
	w := claude.Wishes{
		Partial: true, Approvals: true, Model: o.Model, Effort: o.Effort, PermissionMode: o.PermissionMode,
		MaxBudgetUSD: o.MaxBudgetUSD, System: system, Dir: o.Cwd,
	}
	if w.MaxBudgetUSD == 0 {
		w.MaxBudgetUSD = s.config.MaxBudgetUSD
	}
	return w
}
