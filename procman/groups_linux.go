package procman

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// groupPrefix and a pid name the directory of an instance's control groups.
const groupPrefix = "spool-"

// makeGroups makes the directory for this program's control groups below its own, and
// returns "" where that is not allowed, or where the kernel has no cgroup.kill (5.14).
func makeGroups() string {
	own, err := ownGroup()
	if err != nil {
		return ""
	}
	removeAbandoned(own)
	dir := filepath.Join(own, groupPrefix+strconv.Itoa(os.Getpid()))
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return ""
	}
	if _, err := os.Stat(filepath.Join(dir, "cgroup.kill")); err != nil {
		_ = os.Remove(dir)
		return ""
	}
	return dir
}

// removeAbandoned removes the directories of instances that were killed, one of which may have
// had our pid. Where something still lives in a group, that is for who adopts or sweeps its id.
func removeAbandoned(own string) {
	dirs, _ := filepath.Glob(filepath.Join(own, groupPrefix+"*"))
	for _, dir := range dirs {
		pid, err := strconv.Atoi(strings.TrimPrefix(filepath.Base(dir), groupPrefix))
		if err == nil && (pid == os.Getpid() || isDead(pid)) {
			removeIdle(dir)
		}
	}
}

// isDead reports whether no such process runs, though a zombie may be left of it.
func isDead(pid int) bool {
	e, ok := readEntry(pid)
	return ok && !e.alive() || errors.Is(syscall.Kill(pid, 0), syscall.ESRCH)
}

// removeIdle removes an instance's groups that nothing lives in. What lives may count on the
// groups that it has made for itself, empty or not.
func removeIdle(dir string) {
	groups, _ := filepath.Glob(filepath.Join(dir, "*", "cgroup.events"))
	for _, events := range groups {
		if text, err := os.ReadFile(events); err == nil && bytes.Contains(text, []byte("populated 0")) {
			_ = removeGroups(filepath.Dir(events))
		}
	}
	_ = os.Remove(dir) // fails while a group is in it
}

// earlierGroups returns the control groups, anywhere, that instances of this program have
// made for ids that belongs accepts. An instance that was killed leaves them behind.
func earlierGroups(belongs func(id string) bool) (dirs []string) {
	mount, err := groupMount()
	if err != nil {
		return nil
	}
	_ = filepath.WalkDir(mount, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return nil // groups come and go while this looks
		}
		if strings.HasPrefix(filepath.Base(filepath.Dir(path)), groupPrefix) && belongs(d.Name()) {
			dirs = append(dirs, path)
		}
		return nil
	})
	return dirs
}

// ownGroup returns the directory of this program's group in the cgroup v2 hierarchy: the
// line "0::/path" of /proc/self/cgroup below where that hierarchy is mounted.
func ownGroup() (string, error) {
	text, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(string(text)) {
		if path, ok := strings.CutPrefix(strings.TrimSpace(line), "0::"); ok {
			mount, err := groupMount()
			return filepath.Join(mount, path), err
		}
	}
	return "", fs.ErrNotExist
}

// groupMount returns where cgroup v2 is mounted, alone or beside v1.
func groupMount() (string, error) {
	for _, mount := range []string{"/sys/fs/cgroup", "/sys/fs/cgroup/unified"} {
		if _, err := os.Stat(filepath.Join(mount, "cgroup.procs")); err == nil {
			if _, err := os.Stat(filepath.Join(mount, "cgroup.controllers")); err == nil {
				return mount, nil
			}
		}
	}
	return "", fs.ErrNotExist
}

// removeEmptied removes a group whose last process has died. The kernel may need a moment
// to see that.
func removeEmptied(dir string) {
	for wait := firstPoll; removeGroups(dir) != nil && wait < time.Second; wait *= 2 {
		time.Sleep(wait) //nolint:forbidigo // the kernel tells of no event here
	}
}

// removeGroups removes a group and the groups below it, the deepest first.
func removeGroups(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if entry.IsDir() {
			if err := removeGroups(filepath.Join(dir, entry.Name())); err != nil {
				return err
			}
		}
	}
	return os.Remove(dir)
}

// removeEarlier removes a group that an earlier instance made, and that instance's
// directory if it was the last one in it.
func (l *linux) removeEarlier(dir string) {
	removeEmptied(dir)
	if parent := filepath.Dir(dir); parent != l.groups {
		_ = os.Remove(parent) // fails while another group is in it
	}
}
