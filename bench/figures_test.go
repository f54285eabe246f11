package main

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestParseStatIsNotFooledByTheProgramsName(t *testing.T) {
	t.Parallel()
	const rest = ` S 1 2 3 4 5 6 7 8 9 10 150 25 900 900 20 0 8 0 1`
	for _, name := range []string{"(spool)", "(a b)", "(x) R 1 2 (y)"} {
		got, err := parseStat([]byte("4711 " + name + rest))
		require.NoError(t, err)
		require.Equal(t, 1750*time.Millisecond, got, "utime and stime, not the children's")
	}
	for _, stat := range []string{"", "1 spool S", "1 (spool) S 1 2", strings.Replace("1 (spool)"+rest, "150", "x", 1)} {
		_, err := parseStat([]byte(stat))
		require.Error(t, err, stat)
	}
}

func TestParseStatus(t *testing.T) {
	t.Parallel()
	const status = "Name:\tspool\nVmHWM:\t   99999 kB\nVmRSS:\t   12345 kB\nThreads:\t8\n"
	for key, want := range map[string]int{"VmHWM:": 99999, "VmRSS:": 12345} {
		got, err := parseStatus(status, key)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	_, err := parseStatus("Name:\tspool\n", "VmRSS:")
	require.Error(t, err)
}

func TestMedian(t *testing.T) {
	t.Parallel()
	require.InDelta(t, 2.0, median([]float64{9, 1, 2}), 0)
	require.InDelta(t, 2.5, median([]float64{3, 9, 2, 1}), 0)
}

func TestARowShowsMediansRangesAndTheirRatio(t *testing.T) {
	t.Parallel()
	r := row{"what", "%.1f", []float64{30, 10, 20}, []float64{4, 6, 5}}
	require.Equal(t, "| what | 20.0 (10.0 to 30.0) | 5.0 (4.0 to 6.0) | 4.00 |\n", r.String())
	r.theirs = []float64{-1, 0, 1}
	require.Equal(t, "-", r.ratio(), "a ratio to nothing says nothing")
}

func TestWhatAServerDoesNotHaveIsADash(t *testing.T) {
	t.Parallel()
	require.Equal(t, "| what | 1.0 | - | - |\n", row{"what", "%.1f", []float64{1}, nil}.String())
}

func TestFlagsOfSizes(t *testing.T) {
	t.Parallel()
	var one size
	require.NoError(t, one.Set("64MiB"))
	require.EqualValues(t, 64<<20, one)
	require.Equal(t, "64MiB", one.String())
	require.Error(t, one.Set("much"))
	var some sizes
	require.NoError(t, some.Set("1000,20"))
	require.Equal(t, sizes{1000, 20}, some)
	require.Equal(t, "1000,20", some.String())
	require.Error(t, some.Set("1000,"))
}
