package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestSettingsOfWhatIsKeptHaveTheirDefaults(t *testing.T) {
	c, err := parse(t)
	require.NoError(t, err)
	require.Equal(t, "adopt", c.OnRestart)
	require.Equal(t, 24*time.Hour, c.Retain)
	require.EqualValues(t, 10<<30, c.RetainSize)
	require.Equal(t, 90*24*time.Hour, c.RetainRecords)
	require.Empty(t, c.AllowModel)
	config := c.runConfig()
	require.False(t, config.StopLeft)
	require.EqualValues(t, 10<<30, config.RetainSize)
}

func TestSettingsOfWhatIsKeptAreRead(t *testing.T) {
	file := configText(t, `{"on-restart":"stop","retain":"1h","retain-size":"1MiB","retain-records":"2h","allow-model":["opus","sonnet"]}`)
	c, err := parse(t, file)
	require.NoError(t, err)
	require.Equal(t, []string{"opus", "sonnet"}, c.AllowModel)
	config := c.runConfig()
	require.True(t, config.StopLeft)
	require.Equal(t, time.Hour, config.Retain)
	require.EqualValues(t, 1<<20, config.RetainSize)
	require.Equal(t, 2*time.Hour, config.RetainRecords)
	require.Equal(t, []string{"opus", "sonnet"}, config.AllowModels)

	t.Setenv("SPOOL_RETAIN", "0")
	t.Setenv("SPOOL_RETAIN_SIZE", "0")
	t.Setenv("SPOOL_ALLOW_MODEL", "haiku")
	t.Setenv("SPOOL_ON_RESTART", "adopt")
	c, err = parse(t, file, "--allow-model=a", "--allow-model=b", "--retain-size=512")
	require.NoError(t, err)
	require.Equal(t, []string{"a", "b"}, c.AllowModel)
	require.Equal(t, []any{"adopt", time.Duration(0), byteSize(512)}, []any{c.OnRestart, c.Retain, c.RetainSize})
	for _, args := range [][]string{{"--on-restart=kill"}, {"--on-restart="}, {"--retain=soon"}, {"--retain=24"}, {"--retain-size=much"}, {"--retain-records=x"}} {
		_, err := parse(t, args...)
		require.Error(t, err, args)
	}
}

func TestSettingsOfWhatIsKeptMayNotBeNegative(t *testing.T) {
	t.Parallel()
	for _, flag := range []string{"--retain=-1s", "--retain-size=-1", "--retain-records=-1ns"} {
		require.Contains(t, startRefused(t, nil, flag), "--retain", flag)
	}
	require.Contains(t, startRefused(t, nil, "--on-restart=kill"), "on-restart")
	require.Contains(t, startRefused(t, []string{"SPOOL_ON_RESTART=kill"}), "on-restart")
}
