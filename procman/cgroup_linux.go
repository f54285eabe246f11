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

// group is a control group (cgroup v2) that holds one Process and all it starts.
type group struct {
	dir  string
	file *os.File // the directory, for clone3
}

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

// removeAbandoned removes the directories of instances that were killed. Where something
// still lives in a group, that is for who sweeps its id.
func removeAbandoned(own string) {
	dirs, _ := filepath.Glob(filepath.Join(own, groupPrefix+"*"))
	for _, dir := range dirs {
		pid, err := strconv.Atoi(strings.TrimPrefix(filepath.Base(dir), groupPrefix))
		if err == nil && errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
			_ = removeGroups(dir)
		}
	}
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

// newGroup makes a control group.
func newGroup(parent, id string) (scope, error) {
	dir := filepath.Join(parent, id)
	if err := os.MkdirAll(dir, 0o700); err != nil { // the parent too, should somebody have tidied it away
		return nil, withoutPath(err)
	}
	file, err := os.Open(dir)
	if err != nil {
		return nil, errors.Join(withoutPath(err), os.Remove(dir))
	}
	return &group{dir: dir, file: file}, nil
}

func (g *group) attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setsid: true, UseCgroupFD: true, CgroupFD: int(g.file.Fd())}
}

// members returns what lives in the group and in groups that were made below it.
func (g *group) members(p *Process) ([]identity, error) {
	var members []identity
	err := filepath.WalkDir(g.dir, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // a group is removed only when nothing is in it
		}
		if err != nil || d.Name() != "cgroup.procs" {
			return err
		}
		pids, err := readPIDs(path)
		for _, pid := range pids {
			if e, ok := readEntry(pid); ok && e.alive() {
				members = append(members, e.identity)
			}
		}
		return err
	})
	return members, err
}

// readPIDs returns the processes of a group, none of one that is being removed.
func readPIDs(path string) (pids []int, err error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENODEV) {
		return nil, nil
	}
	for line := range bytes.Lines(text) {
		if pid, err := strconv.Atoi(string(bytes.TrimSpace(line))); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids, err
}

func (g *group) count(p *Process) (int, error) {
	members, err := g.members(p)
	return len(members), err
}

func (g *group) kill(*Process) error {
	return os.WriteFile(filepath.Join(g.dir, "cgroup.kill"), []byte("1"), 0)
}

// release removes the group.
func (g *group) release() {
	_ = g.file.Close()
	removeEmptied(g.dir)
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
