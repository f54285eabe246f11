// Package e2e tests the spool binary against the real `claude` CLI, in a world of
// its own: the CLI from this folder's package.json, a stand-in for the Messages API
// (package api) on loopback, a temporary HOME and a clean environment. Nothing here
// needs an account or a network, and nothing is skipped when something is missing.
//
// The tests read /proc to see what is left of a run, so they are built on Linux only.
package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
)

// CLI is the absolute path of the real CLI that `npm ci` put under dir (this folder).
//
// It is the native binary of the platform's own package. The `claude` entry in
// node_modules/.bin is a placeholder until an install script has run, and npm
// blocks install scripts.
func CLI(dir string) (string, error) {
	path, err := filepath.Abs(filepath.Join(dir, "node_modules", "@anthropic-ai", "claude-code-"+platform(), "claude"+suffix()))
	if err != nil {
		return "", fmt.Errorf("find the claude CLI: %w", err)
	}
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
		return "", fmt.Errorf("the claude CLI is not installed at %s: run ./test.sh (or: cd e2e && npm ci --ignore-scripts)", path)
	}
	return path, nil
}

// platform is the end of the package's name, in Node's words.
func platform() string {
	system := map[string]string{"windows": "win32"}[runtime.GOOS]
	if system == "" {
		system = runtime.GOOS
	}
	machine := map[string]string{"amd64": "x64"}[runtime.GOARCH]
	if machine == "" {
		machine = runtime.GOARCH
	}
	return system + "-" + machine + libc()
}

// libc tells the two packages for Linux apart.
func libc() string {
	loaders, _ := filepath.Glob("/lib/ld-musl-*")
	if runtime.GOOS == "linux" && len(loaders) > 0 {
		if glibc, _ := filepath.Glob("/lib*/ld-linux-*"); len(glibc) == 0 {
			return "-musl"
		}
	}
	return ""
}

func suffix() string {
	if runtime.GOOS == "windows" {
		return ".exe"
	}
	return ""
}
