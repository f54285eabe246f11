package procman

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
)

// group is a control group (cgroup v2) that holds one Process and all it starts.
type group struct {
	dir  string
	file *os.File // the directory, for clone3
}

// newGroup makes a control group. It fails if something lives in one of that name: an earlier
// instance with our pid may have made it.
func newGroup(parent, id string) (scope, error) {
	dir := filepath.Join(parent, id)
	err := os.MkdirAll(parent, 0o700) // should somebody have tidied it away
	if err == nil {
		err = removeGroups(dir)
	}
	if err == nil {
		err = os.Mkdir(dir, 0o700)
	}
	if err != nil {
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

func (g *group) members(*Process) ([]identity, error) { return groupMembers(g.dir) }

// groupMembers returns what lives in a group and in groups that were made below it.
func groupMembers(dir string) ([]identity, error) {
	var members []identity
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
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

// count counts dead processes that nobody has reaped yet only as long as there are few: a
// look at each of them costs much more than their number.
func (g *group) count(p *Process) (int, error) {
	pids, err := readPIDs(filepath.Join(g.dir, "cgroup.procs"))
	if err == nil && len(pids) <= p.max && !g.nested() {
		return len(pids), nil
	}
	members, err := g.members(p)
	return len(members), err
}

// nested reports whether there may be groups in this one: each has a link to it, and it has
// two of its own.
func (g *group) nested() bool {
	info, err := g.file.Stat()
	if err != nil {
		return true
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	return !ok || stat.Nlink != 2
}

func (g *group) kill(*Process) error { return killGroup(g.dir) }

// killGroup ends everything in a group and below it at once.
func killGroup(dir string) error {
	return os.WriteFile(filepath.Join(dir, "cgroup.kill"), []byte("1"), 0)
}

// release removes the group.
func (g *group) release() {
	_ = g.file.Close()
	removeEmptied(g.dir)
}
