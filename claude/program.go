package claude

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
)

// Program is the CLI as the operator named it, or the stand-in agent.
type Program struct {
	// Name is a path, or a name to be looked up in PATH at every start, so that the CLI
	// may be installed or updated while the server runs.
	Name string
	// Prefix are arguments before the CLI's own.
	Prefix []string
	// StandIn is the version text of the stand-in agent; empty for the real CLI.
	StandIn string
}

// Hint says what to do when the CLI cannot be started.
const Hint = "install it with: npm install -g @anthropic-ai/claude-code, log in once by starting claude; " +
	"or name it with --claude PATH; or try Spool without it: spool --demo"

// Path returns the absolute path of an executable file. The error says in words why there
// is none, without naming a path.
func (p Program) Path() (string, error) {
	path, err := exec.LookPath(p.Name)
	if err != nil {
		return "", errors.New("claude was not found, or is not executable: " + reason(err))
	}
	if path, err = filepath.Abs(path); err == nil {
		err = checkFormat(path)
	}
	if err != nil {
		return "", errors.New("claude cannot be started: " + reason(err))
	}
	return path, nil
}

// reason returns an error's cause without the path.
func reason(err error) string {
	if path, ok := errors.AsType[*os.PathError](err); ok {
		return path.Err.Error()
	}
	if lookup, ok := errors.AsType[*exec.Error](err); ok {
		return reason(lookup.Err)
	}
	return err.Error()
}

// executableFormats are the first bytes of what a kernel starts: ELF, a script, and the
// Mach-O forms.
var executableFormats = [][]byte{
	[]byte("\x7fELF"), []byte("#!"),
	[]byte("\xcf\xfa\xed\xfe"), []byte("\xca\xfe\xba\xbe"),
}

// checkFormat tells a file that the kernel would refuse, without starting it.
func checkFormat(path string) error {
	file, err := os.Open(path)
	if errors.Is(err, os.ErrPermission) {
		return nil // executable and not readable: only starting it can tell
	}
	if err != nil {
		return err
	}
	defer file.Close()
	head := make([]byte, 4)
	n, _ := io.ReadFull(file, head)
	for _, format := range executableFormats {
		if bytes.HasPrefix(head[:n], format) {
			return nil
		}
	}
	return syscall.ENOEXEC
}
