package main

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// measured is a rig with figures of the loads.
func measured() *rig {
	r := &rig{board: newBoard(), field: []contestant{{name: spoolName}, {name: websocketdName, kind: peer}, {name: relayName, kind: limit}}}
	r.board.add(spoolName, chunksRate, 1500, 1600, 1700)
	r.board.add(websocketdName, chunksRate, 100, 90, 110)
	r.board.add(relayName, chunksRate, 2000)
	r.board.add(spoolName, leaveTree, 4)
	r.board.fail(websocketdName, shortfall("1 of 2 processes left"), leaveTree)
	return r
}

func TestATableShowsMediansRangesFaultsAndRatios(t *testing.T) {
	t.Parallel()
	r := measured()
	require.Equal(t, `
title

|  | k lines/s, in chunks | Spool ÷ it | whole tree gone, ms | Spool ÷ it |
| --- | ---: | ---: | ---: | ---: |
| spool | 1600 (1500 to 1700) |  | 4.0 |  |
| websocketd | 100 (90 to 110) | 16.0 | 1 of 2 processes left | - |
`, r.board.table("title", []string{spoolName, websocketdName}, chunksRate, leaveTree))
}

func TestAContestantThatFailedOnceHasNoMedian(t *testing.T) {
	t.Parallel()
	b := newBoard()
	b.add("a", chunksRate, 1)
	b.fail("a", errors.New("read frame: connection reset\nand more"), chunksRate)
	_, ok := b.median("a", chunksRate)
	require.False(t, ok)
	require.Equal(t, "1; 1 of 2: failed: read frame", b.at("a", chunksRate).show(chunksRate.format))
}

func TestTargetsAreJudged(t *testing.T) {
	t.Parallel()
	require.Equal(t, `
Targets:

| target | Spool | reached |
| --- | ---: | --- |
| lines/s in chunks: 15 times websocketd | 16.0 × websocketd | yes |
| lines/s in chunks: 85 % of the batching relay | 0.80 × batching relay | **no** |
| disconnect to whole tree gone: ahead of every peer | every peer failed | yes |
`, measured().targetTable())
}

func TestATargetThatSpoolFailsIsNotReached(t *testing.T) {
	t.Parallel()
	r := measured()
	r.board.fail(spoolName, shortfall("lost 3 %"), chunksRate)
	v, asked := atLeast(chunksRate, websocketdName, 15)(r)
	require.True(t, asked)
	require.Equal(t, verdict{"Spool failed: lost 3 %", false}, v)
}

func TestTheBestPeerIsTheOneToBeat(t *testing.T) {
	t.Parallel()
	r := measured()
	r.field = append(r.field, contestant{name: goName, kind: peer})
	r.board.add(goName, chunksRate, 3200)
	v, _ := atLeastBest(chunksRate, 1)(r)
	require.Equal(t, verdict{"0.50 × naive Go", false}, v)
	v, _ = atMostBest(chunksRate, 16)(r)
	require.Equal(t, verdict{"16.0 × websocketd", true}, v)
}

func TestThePlotIsXMLWithEveryBar(t *testing.T) {
	t.Parallel()
	r := measured()
	require.NoError(t, r.draw(), "nobody wants one")
	r.svg = filepath.Join(t.TempDir(), "plot.svg")
	require.NoError(t, r.draw())
	text, err := os.ReadFile(r.svg)
	require.NoError(t, err)
	for _, want := range []string{"websocketd", `class="us"`, ">1600<"} {
		require.Contains(t, string(text), want)
	}
	for d := xml.NewDecoder(bytes.NewReader(text)); ; {
		_, err := d.Token()
		if err == io.EOF {
			break
		}
		require.NoError(t, err)
	}
}

func TestWidthsAreLogarithmic(t *testing.T) {
	t.Parallel()
	require.InDeltaSlice(t, []float64{plotWidth / 3.0, 2 * plotWidth / 3.0, plotWidth}, logarithmic([]float64{10, 100, 1000}), 0.1)
	require.InDeltaSlice(t, []float64{plotWidth}, logarithmic([]float64{5}), 0.1)
}

func TestQuantiles(t *testing.T) {
	t.Parallel()
	var values []float64
	for i := range 100 {
		values = append(values, float64(99-i))
	}
	require.InDelta(t, 50, quantile(values, 0.5), 0)
	require.InDelta(t, 99, quantile(values, 0.99), 0)
	require.InDelta(t, 7, quantile([]float64{7}, 0.99), 0)
}

func TestQuickIsSmallAndStillAcceptsSizes(t *testing.T) {
	t.Parallel()
	p := planOf(quickPlan(), []string{"-quick", "-lines", "7", "-long", "1MiB,2MiB"})
	require.Equal(t, 7, p.lines)
	require.Equal(t, sizeList{1 << 20, 2 << 20}, p.long)
	require.Equal(t, "1MiB,2MiB", p.long.String())
	require.Equal(t, 1, p.rounds)
	_, err := choose("lines,nothing")
	require.ErrorContains(t, err, `"nothing"`)
}
