package chat

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheWholeBlockTakesThePlaceOfItsParts(t *testing.T) {
	t.Parallel()
	read := func(text string) members {
		m, ok := readMembers([]byte(text))
		require.True(t, ok, text)
		return m
	}
	part := func(text string) members {
		return read(`{"type":"content_block_delta","delta":{"type":"text_delta","text":"` + text + `"}}`)
	}
	s := &speech{parts: true}
	s.addPart(part("lost with its connection"))
	s.addPart(read(`{"type":"message_start"}`))
	s.addPart(part("one, "))
	s.addPart(part("two"))
	s.addBlocks(read(`{"model":"<synthetic>","content":[{"type":"text","text":"API Error"}]}`))
	require.Equal(t, "one, two", s.begun.String())
	s.addBlocks(read(`{"content":[{"type":"text","text":"one, two"}]}`))
	s.addPart(read(`{"type":"content_block_stop"}`))
	require.Empty(t, s.begun.String())
	s.addPart(read(`{"type":"content_block_delta","delta":{"type":"thinking_delta","thinking":"hm"}}`))
	s.addBlocks(read(`{"content":[{"type":"thinking","thinking":"hm"}]}`))
	s.addPart(part("three"))
	require.Equal(t, "one, two", s.whole.String())
	require.Equal(t, "three", s.begun.String())
}
