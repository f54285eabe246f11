package run

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"spool/claude"
	"spool/procman"
	"spool/schema"
	"spool/store"
)

func init() {
	roles["machine"] = playMachine
	roles["earlier"] = playEarlier
}

// order is a run that an earlier server shall leave behind.
type order struct {
	Name string // its prompt, by which the script knows what to do
	schema.Options
	Stopped bool     // its end has begun
	Talk    []string // turns of a conversation instead: all but the last one, which says that it is ready or asks, have ended
}

// task is what an earlier server shall do.
type task struct {
	Dir     string
	MaxRuns int
	Orders  []order
}

// report is what it says when it has done that.
type report struct {
	PID int
	IDs map[string]string // of the runs, by name
}

// playMachine starts an earlier server, tells when it is dead, and is init to what it leaves
// behind. It reaps nobody else.
func playMachine() error {
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return err
	}
	server := exec.Command("/proc/self/exe")
	server.Env = append(os.Environ(), "SPOOL_ROLE=earlier")
	server.Stdout, server.Stderr = os.Stdout, os.Stderr
	err := server.Run()
	fmt.Println("dead:", err)
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// playEarlier begins all runs and waits to be killed.
func playEarlier() error {
	var task task
	if err := json.Unmarshal([]byte(os.Getenv("SPOOL_TASK")), &task); err != nil {
		return err
	}
	supervisor, err := procman.New(marker)
	if err != nil {
		return err
	}
	g, _, err := build(task.Dir, supervisor, os.Stderr, func(c *Config) {
		c.MaxRuns, c.MaxQueue, c.StopGrace = task.MaxRuns, 100, time.Hour
		c.SessionIdle, c.SessionMemory = time.Hour, 1<<40
	})
	if err != nil {
		return err
	}
	report := report{PID: os.Getpid(), IDs: map[string]string{}}
	err = g.Sweep(context.Background())
	for _, o := range task.Orders {
		switch {
		case err != nil:
		case o.Talk != nil:
			err = g.leaveTalk(o, report.IDs)
		default:
			report.IDs[o.Name], err = g.leaveBehind(o)
		}
	}
	if err = errors.Join(err, json.NewEncoder(os.Stdout).Encode(report)); err != nil {
		return err
	}
	<-time.After(2 * time.Minute) // should nobody kill it
	return nil
}

// leaveBehind begins a run, and returns when it has come to where it shall be left.
func (g *Registry) leaveBehind(o order) (string, error) {
	q := Request{Payload: schema.Payload{Prompt: o.Name, Meta: "TEST", Options: o.Options}, Client: "somebody"}
	r, view, err := g.Submit(context.Background(), q)
	if err != nil {
		return "", err
	}
	for ready := r.Position() > 0; !ready && err == nil; {
		var event Event
		if event, err = view.Next(); errors.Is(err, ErrWait) {
			<-view.Grown()
			err = nil
		} else if err == nil {
			ready = says("ready")(event)
		}
	}
	if o.Stopped {
		r.Stop(ClientGone)
	}
	for ended := !o.Stopped; !ended && err == nil; {
		record, problem := g.store.Run(context.Background(), r.ID)
		ended, err = record.Reason != nil, problem
	}
	return r.ID, err
}

// leaveTalk takes turns and begins one more. Their ids are those of the name with a number.
func (g *Registry) leaveTalk(o order, ids map[string]string) error {
	ctx := context.Background()
	c := store.Conversation{Conversation: schema.Conversation{ID: "conv-" + strings.TrimPrefix(newID(), "run_"), CreatedAt: time.Now(), UpdatedAt: time.Now()}}
	if err := g.store.InsertConversation(ctx, c); err != nil {
		return err
	}
	for i, prompt := range o.Talk {
		turn := &Turn{Turn: store.Turn{Conversation: c.ID, Parent: c.Head, Message: userMessage(prompt, c.Head)}, Prompt: prompt, Wishes: claude.Wishes{Session: c.Session}}
		r, view, err := g.Submit(ctx, Request{Payload: schema.Payload{Prompt: prompt, Meta: "TEST", Options: o.Options}, Client: "somebody", Turn: turn})
		if err != nil {
			return err
		}
		ids[fmt.Sprint(o.Name, i+1)] = r.ID
		if i == len(o.Talk)-1 {
			return awaitBegun(r, view)
		}
		<-r.Done()
		if c, err = g.store.EndTurn(ctx, "", store.TurnEnd{Conversation: c.ID, Run: r.ID, Session: r.Session()}); err == nil {
			c, err = g.store.ClearActive(ctx, "", c.ID, r.ID)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// awaitBegun waits until a turn is ready, or asks.
func awaitBegun(r *Run, view *View) error {
	for {
		changed := r.Changed()
		if r.State() == schema.Waiting {
			return nil
		}
		event, err := view.Next()
		switch {
		case errors.Is(err, ErrWait):
			select {
			case <-view.Grown():
			case <-changed:
			}
		case err != nil || says("ready")(event):
			return err
		}
	}
}

// earlier is a server that was killed.
type earlier struct {
	report
	dir string
}

var machines atomic.Int64

// leave starts a server, which begins some runs, and kills it. The script must say "ready"
// for every run that does not wait in the queue.
func leave(t *testing.T, script string, maxRuns int, orders ...order) *earlier {
	t.Helper()
	e := &earlier{dir: t.TempDir()}
	require.NoError(t, os.WriteFile(filepath.Join(e.dir, "claude"), []byte(prologue+script), 0o700))
	task, err := json.Marshal(task{Dir: e.dir, MaxRuns: maxRuns, Orders: orders})
	require.NoError(t, err)
	out := e.start(t, string(task))
	line, err := out.ReadBytes('\n')
	require.NoError(t, err, "%s", readText(t, filepath.Join(e.dir, "log")))
	require.NoError(t, json.Unmarshal(line, &e.report))
	require.NoError(t, syscall.Kill(e.PID, syscall.SIGKILL))
	line, err = out.ReadBytes('\n')
	require.NoError(t, err)
	require.Equal(t, "dead: signal: killed\n", string(line), "%s", readText(t, filepath.Join(e.dir, "log")))
	return e
}

// start starts the machine with the server, and returns their output.
func (e *earlier) start(t *testing.T, task string) *bufio.Reader {
	t.Helper()
	read, write, err := os.Pipe()
	require.NoError(t, err)
	log, err := os.Create(filepath.Join(e.dir, "log"))
	require.NoError(t, err)
	dir, err := os.Open(e.dir)
	require.NoError(t, err)
	machine, err := supervisor.Start(procman.Spec{
		ID: fmt.Sprintf("machine-%d-%d", os.Getpid(), machines.Add(1)), Path: "/proc/self/exe", Dir: dir, Stdout: write, Stderr: log,
		Env: []string{"PATH=" + os.Getenv("PATH"), "SPOOL_ROLE=machine", "SPOOL_TASK=" + task},
	})
	require.NoError(t, errors.Join(err, write.Close(), log.Close(), dir.Close()))
	t.Cleanup(func() {
		require.NoError(t, errors.Join(machine.Stdin.Close(), read.Close()))
		machine.Stop(context.Background(), 0)
	})
	return bufio.NewReader(read)
}

// output is the path of a run's stdout.
func (e *earlier) output(name string) string {
	return filepath.Join(e.dir, "data", "proc", e.IDs[name], "stdout")
}
