package main

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// startRefused runs spool with arguments with which it must not start, and returns what it
// prints to stderr.
func startRefused(t *testing.T, environment []string, args ...string) string {
	t.Helper()
	var out, errs bytes.Buffer
	command := exec.CommandContext(t.Context(), binaries.spool, append([]string{"--warm=0", "--claude=" + binaries.claude, "--data-dir=" + t.TempDir()}, args...)...)
	command.Env = append([]string{"GORACE=atexit_sleep_ms=0", "PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir()}, environment...)
	command.Stdout, command.Stderr = &out, &errs
	start := time.Now()
	require.NoError(t, command.Start())
	stop := time.AfterFunc(patience, func() { _ = command.Process.Kill() })
	defer stop.Stop()
	require.Error(t, command.Wait())
	require.Equal(t, 2, command.ProcessState.ExitCode(), errs.String())
	require.Less(t, time.Since(start), 10*time.Second)
	require.Empty(t, out.String(), "it listens nowhere")
	return errs.String()
}

// lanAddress returns an address of this machine that others can reach, or one that is
// nobody's if there is none.
func lanAddress() string {
	addresses, _ := net.InterfaceAddrs()
	for _, address := range addresses {
		if network, ok := address.(*net.IPNet); ok && !network.IP.IsLoopback() && network.IP.To4() != nil {
			return network.IP.String()
		}
	}
	return "192.0.2.1"
}

func TestA05AnAddressThatOthersReachIsRefused(t *testing.T) {
	t.Parallel()
	for _, listen := range []string{"0.0.0.0:0", "[::]:0", ":0", lanAddress() + ":0", "0:0", "127.evil.example:0", "localhost.evil.example:0", "[::ffff:0.0.0.0]:0"} {
		told := startRefused(t, nil, "--listen="+listen)
		require.Contains(t, told, "--insecure-no-auth", listen)
		require.Contains(t, told, "127.0.0.1")
	}
}

func TestA05TheEnvironmentAndTheFileAreNoWayAround(t *testing.T) {
	t.Parallel()
	require.Contains(t, startRefused(t, []string{"SPOOL_LISTEN=0.0.0.0:0"}), "--insecure-no-auth")
	file := filepath.Join(t.TempDir(), "config.json")
	require.NoError(t, os.WriteFile(file, []byte(`{"listen":"0.0.0.0:0"}`), 0o600))
	require.Contains(t, startRefused(t, nil, "--config="+file), "--insecure-no-auth")
	require.Contains(t, startRefused(t, []string{"SPOOL_CONFIG=" + file}), "--insecure-no-auth")
}

func TestA05WhoInsistsMayListen(t *testing.T) {
	t.Parallel()
	for _, listen := range []string{"0.0.0.0:0", ":0"} {
		s := startServer(t, "--listen="+listen, "--insecure-no-auth")
		_, port, err := net.SplitHostPort(s.addr)
		require.NoError(t, err)
		s.addr, s.url = "127.0.0.1:"+port, "http://127.0.0.1:"+port
		requireEnd(t, s.run(t, "hi"), "")
		s.awaitLogged(t, "nobody has to log in", 1)
	}
}

func TestA05LoopbackAddressesAreFine(t *testing.T) {
	t.Parallel()
	for _, listen := range []string{"127.0.0.1:0", "127.0.0.2:0", "localhost:0", "[::1]:0"} {
		if listen == "[::1]:0" {
			probe, err := net.Listen("tcp", listen)
			if err != nil {
				continue // a machine without IPv6
			}
			require.NoError(t, probe.Close())
		}
		s := startServer(t, "--listen="+listen)
		require.NotContains(t, s.log.String(), "nobody has to log in")
	}
}

func TestSettingsThatCannotBeAreRefused(t *testing.T) {
	t.Parallel()
	for flag, told := range map[string]string{
		"--listen=127.0.0.1": "host:port", "--listen=nonsense": "host:port", "--run-timeout=0s": "run-timeout", "--run-timeout=soon": "run-timeout",
		"--max-runs=0": "max-runs", "--max-queue=-1": "max-queue", "--max-connections=0": "max-connections", "--max-output=0": "max-output",
		"--max-output=much": "1GiB", "--idle-timeout=-1s": "idle-timeout", "--idle-timeout=never": "off", "--log-level=loud": "log-level",
		"--log-format=xml": "log-format", "--no-such-flag": "no-such-flag", "--ping-interval=0s": "ping-interval", "--max-processes=0": "max-processes",
		"--config=/no/such/file": "no such file",
	} {
		require.Contains(t, startRefused(t, nil, flag), told, flag)
	}
	require.Contains(t, startRefused(t, []string{"SPOOL_MAX_RUNS=many"}), "max-runs")
}

func TestAPortThatIsTakenIsToldWithAWayOut(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	command := exec.CommandContext(t.Context(), binaries.spool, "--listen="+s.addr, "--data-dir="+t.TempDir())
	text, err := command.CombinedOutput()
	require.Error(t, err)
	require.Equal(t, 1, command.ProcessState.ExitCode())
	require.Contains(t, string(text), "--listen")
}
