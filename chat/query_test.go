package chat

import (
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/require"

	"spool/schema"
)

func TestWhatWasSaidIsFoundAndExported(t *testing.T) {
	h, c := oneConversation(t, nil)
	h.ask(c.ID, "the xylophone is out of tune")
	found, err := h.Search(t.Context(), "", "xyloph", 10)
	require.NoError(t, err)
	require.NotEmpty(t, found)
	require.Equal(t, c.ID, found[0].Conversation)
	found, err = h.Search(t.Context(), "somebody else", "xyloph", 10)
	require.NoError(t, err)
	require.Empty(t, found)

	text, err := h.Export(t.Context(), "", c.ID, "markdown")
	require.NoError(t, err)
	require.Contains(t, string(text), "# the xylophone is out of tune\n\n## User, ")
	require.Contains(t, string(text), "## Assistant, ")
	text, err = h.Export(t.Context(), "", c.ID, "json")
	require.NoError(t, err)
	var all struct {
		Conversation schema.Conversation `json:"conversation"`
		Messages     []schema.Message    `json:"messages"`
	}
	require.NoError(t, json.Unmarshal(text, &all))
	require.Len(t, all.Messages, 2)
	require.Equal(t, c.ID, all.Conversation.ID)
	_, err = h.Export(t.Context(), "somebody else", c.ID, "json")
	require.Equal(t, schema.ErrNoSession, err)
}

func TestUsageIsCountedByWhatItWasFor(t *testing.T) {
	h, c := oneConversation(t, nil)
	first := h.ask(c.ID, "one")
	second := h.ask(c.ID, "two")
	rows, err := h.Usage(t.Context(), "", UsageQuery{By: []string{"conversation", "meta"}})
	require.NoError(t, err)
	require.Len(t, rows, 1)
	require.Equal(t, c.ID, rows[0].Conversation)
	require.Equal(t, defaultMeta, rows[0].Meta)
	require.EqualValues(t, 2, rows[0].Runs)
	require.Equal(t, first.Usage.OutputTokens+second.Usage.OutputTokens, rows[0].OutputTokens)
	require.InDelta(t, first.CostUSD+second.CostUSD, rows[0].CostUSD, 1e-9)
	for _, wrong := range [][]string{{"user_name"}, {""}, {"day", "day"}} {
		_, err = h.Usage(t.Context(), "", UsageQuery{By: wrong})
		require.ErrorIs(t, err, schema.NewError(schema.BadRequest, ""), wrong)
	}
}
