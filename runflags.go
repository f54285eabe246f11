package main

import (
	"errors"
	"fmt"
	"slices"

	"github.com/alecthomas/kong"

	"spool/schema"
)

// What spool run can be asked for, and the flags that each of them takes.
var runModes = []struct {
	name  string
	flags []string
}{
	{"a prompt", []string{"meta", "partial", "model", "resume", "timeout-seconds", "detach", "json", "url"}},
	{"--follow", []string{"follow", "from", "json", "url"}},
	{"--abort", []string{"abort", "json", "url"}},
}

// Validate refuses flags that make no sense together, and says what would.
func (c *runCommand) Validate(line *kong.Context) error {
	given := givenFlags(line)
	mode, err := c.mode(given)
	if err != nil {
		return err
	}
	for _, flag := range given {
		if !slices.Contains(runModes[mode].flags, flag) {
			return fmt.Errorf("--%s does not go with %s: %s", flag, runModes[mode].name, whereTo(flag))
		}
	}
	if err := checkRuns(map[string]string{"follow": c.Follow, "abort": c.Abort, "resume": c.Resume}, given); err != nil {
		return err
	}
	return c.checkCounts(given)
}

// mode returns which of the modes is asked for.
func (c *runCommand) mode(given []string) (int, error) {
	asked := []bool{c.Prompt != "", slices.Contains(given, "follow"), slices.Contains(given, "abort")}
	mode := slices.Index(asked, true)
	switch {
	case mode < 0:
		return 0, errors.New("say what to do: give a PROMPT (- reads it from stdin), or --follow RUN, or --abort RUN")
	case slices.Contains(asked[mode+1:], true):
		return 0, errors.New("one thing at a time: give either a PROMPT, or --follow RUN, or --abort RUN")
	default:
		return mode, nil
	}
}

// givenFlags returns the flags on the command line, without those that every command has.
func givenFlags(line *kong.Context) (names []string) {
	for _, part := range line.Path {
		if part.Flag != nil && !part.Resolved && part.Flag.Name != "config" {
			names = append(names, part.Flag.Name)
		}
	}
	return names
}

// whereTo says what a flag is for that was given in vain.
func whereTo(flag string) string {
	if flag == "from" {
		return "it says from where to follow a run, with --follow RUN"
	}
	return "it says how a run is to be started, with a PROMPT"
}

// checkRuns refuses what cannot be the id of a run.
func checkRuns(ids map[string]string, given []string) error {
	for _, flag := range given {
		if id, ok := ids[flag]; ok && !schema.RunID.MatchString(id) {
			return fmt.Errorf("--%s %q: give the id of a run, run_ and 26 letters and digits, as --detach prints it", flag, id)
		}
	}
	return nil
}

func (c *runCommand) checkCounts(given []string) error {
	if c.From < 0 {
		return errors.New("--from must be the number of a line, 0 for all of them")
	}
	if c.TimeoutSeconds < 1 && slices.Contains(given, "timeout-seconds") {
		return errors.New("--timeout-seconds must be 1 or more")
	}
	return nil
}
