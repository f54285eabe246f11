package claude

import (
	"fmt"
	"os"
	"sync"
	"syscall"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// login reads, in the file that the CLI rewrites at its starts and its turns, what matters of
// it: who is logged in, and the user's MCP servers.
type login struct {
	mu    sync.Mutex
	of    os.FileInfo // guarded by mu: of the file that was read
	known string      // guarded by mu
}

// account is the part of that file.
type account struct {
	Key     jsontext.Value `json:"primaryApiKey"`
	Servers jsontext.Value `json:"mcpServers"`
	Account struct {
		Person string `json:"accountUuid"`
		Team   string `json:"organizationUuid"`
	} `json:"oauthAccount"`
}

// text is the same for a file without any of that, and for none: the CLI makes it at its first
// start.
func (a account) text() string {
	return fmt.Sprintf("%s %s %s %s", a.Key, a.Servers, a.Account.Person, a.Account.Team)
}

// current returns that part of the file as text. It is read when the file has changed.
func (l *login) current(path string) string {
	info, err := os.Stat(path)
	if err != nil {
		return account{}.text()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.of != nil && os.SameFile(l.of, info) && l.of.Size() == info.Size() && l.of.ModTime().Equal(info.ModTime()) {
		return l.known
	}
	var a account
	if text, err := os.ReadFile(path); err == nil {
		_ = json.Unmarshal(text, &a, jsontext.AllowDuplicateNames(true)) // the CLI judges the file, not we
	}
	l.of, l.known = info, a.text()
	return l.known
}

// inode is the number of a file, by which one that was replaced is another.
func inode(info os.FileInfo) uint64 {
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		return stat.Ino
	}
	return 0
}
