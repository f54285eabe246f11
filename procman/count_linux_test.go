package procman

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// Who makes a control group in its own is counted there too.
func TestProcessesInGroupsBelowAreCounted(t *testing.T) {
	p, out := shell(t, `read dir; mkdir "$dir/below" && echo 0 >"$dir/below/cgroup.procs" || exit; echo moved; i=0; while [ $i -lt 20 ]; do sleep 600 & i=$((i+1)); done; sleep 600`,
		func(s *Spec) { s.MaxProcesses = 10 })
	g, ok := p.scope.(*group)
	if !ok {
		require.NotEqual(t, Cgroup, p.supervisor.Method(), "there are none here")
		return
	}
	_, err := p.Stdin.WriteString(g.dir + "\n")
	require.NoError(t, err)
	require.Equal(t, "moved", line(t, out))
	wait(t, p.Overrun(), "overrun")
	p.Stop(t.Context(), 0)
	requireNoSurvivors(t, p)
}
