package procman

import xunix "golang.org/x/sys/unix"

// startTime returns when a process started, in microseconds since 1970, or 0.
func startTime(pid int) uint64 {
	info, err := xunix.SysctlKinfoProc("kern.proc.pid", pid)
	if err != nil {
		return 0
	}
	return uint64(info.Proc.P_starttime.Nano() / 1000) //nolint:gosec // no process is older than 1970
}
