package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/kong"
	"github.com/alecthomas/units"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// byteSize is a flag such as 1GiB, or a plain number of bytes.
type byteSize int64

// UnmarshalText reads the flag.
func (b *byteSize) UnmarshalText(text []byte) error {
	if n, err := strconv.ParseInt(string(text), 10, 64); err == nil {
		*b = byteSize(n)
		return nil
	}
	n, err := units.ParseBase2Bytes(string(text))
	if err != nil {
		return fmt.Errorf("not a size such as 1GiB: %q", text)
	}
	*b = byteSize(n)
	return nil
}

// optionalDuration is a flag such as 90s, or off.
type optionalDuration time.Duration

// UnmarshalText reads the flag.
func (d *optionalDuration) UnmarshalText(text []byte) error {
	if *d = 0; string(text) == "off" || string(text) == "0" {
		return nil
	}
	value, err := time.ParseDuration(string(text))
	if err != nil {
		return fmt.Errorf("not a duration such as 90s, nor off: %q", text)
	}
	*d = optionalDuration(value)
	return nil
}

// defaultDataDir is where a user's programs keep their state.
func defaultDataDir() string {
	state := os.Getenv("XDG_STATE_HOME")
	if home, err := os.UserHomeDir(); state == "" && err == nil {
		state = filepath.Join(home, ".local", "state")
	}
	if state == "" {
		return ""
	}
	return filepath.Join(state, "spool")
}

// runMemory is what one run of the CLI takes at most in ordinary work, in bytes: 255 MB
// were measured after a first turn.
const runMemory = 300 << 20

// defaultMaxRuns is how many runs this machine's memory is good for, one at least.
func defaultMaxRuns() int {
	memory := int64(4 << 30) // where the system does not tell
	if total, ok := readMemory("/proc/meminfo", "MemTotal:", 1<<10); ok {
		memory = total
	}
	if limit, ok := readMemory("/sys/fs/cgroup/memory.max", "", 1); ok {
		memory = min(memory, limit)
	}
	return int(max(memory/runMemory, 1))
}

// readMemory returns the first number after a label in a file, times unit.
func readMemory(path, label string, unit int64) (int64, bool) {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, false
	}
	_, rest, found := strings.Cut(string(text), label)
	fields := strings.Fields(rest)
	if !found || len(fields) == 0 {
		return 0, false
	}
	n, err := strconv.ParseInt(fields[0], 10, 64)
	return n * unit, err == nil
}

// configFile is a --config file: values for flags that neither the command line nor the
// environment gives.
type configFile map[string]jsontext.Value

// loadConfig reads a file of one JSON object, in which no key may come twice.
func loadConfig(r io.Reader) (kong.Resolver, error) {
	var file configFile
	if err := json.UnmarshalRead(r, &file); err != nil {
		return nil, fmt.Errorf("read config file: %w", err)
	}
	return file, nil
}

// Validate refuses keys that are no flags, or that are for the command line only: a misspelt
// setting must not be silently off.
func (f configFile) Validate(app *kong.Application) error {
	known := map[string]bool{}
	for _, node := range append([]*kong.Node{app.Node}, app.Children...) {
		for _, flag := range node.Flags {
			known[flag.Name] = known[flag.Name] || isSetting(flag)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(f)) {
		if !known[key] {
			return fmt.Errorf("config file: %q is no flag", key)
		}
	}
	return nil
}

// isSetting reports whether a flag can be set outside of the command line.
func isSetting(flag *kong.Flag) bool { return len(flag.Envs) > 0 }

// Resolve returns a flag's value as text, unless its environment variable is set.
func (f configFile) Resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	value, ok := f[flag.Name]
	if !ok || !isSetting(flag) || slices.ContainsFunc(flag.Envs, func(name string) bool { _, set := os.LookupEnv(name); return set }) {
		return nil, nil
	}
	var list []string
	if json.Unmarshal(value, &list) == nil {
		return strings.Join(list, ","), nil
	}
	var text string
	if json.Unmarshal(value, &text) == nil {
		return text, nil
	}
	if strings.HasPrefix(string(value), "{") || string(value) == "null" {
		return nil, errors.New("config file: " + flag.Name + " must be a text, a number, true or false, or a list of texts")
	}
	return string(value), nil // a number, true or false
}
