package main

import (
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"

	"spool/schema"
	"spool/webhook"
)

// checkWebhooks refuses what could not be sent to.
func (c *serveCommand) checkWebhooks() error {
	known := map[string]bool{}
	for _, hook := range c.Webhook {
		name, address, _ := strings.Cut(hook, "=")
		switch {
		case !schema.WebhookName.MatchString(name):
			return &usageError{fmt.Errorf("--webhook %q: give NAME=URL, the name of A-Z, a-z, 0-9, . _ and -", name)}
		case known[name]:
			return &usageError{fmt.Errorf("--webhook %s is given twice", name)}
		}
		if err := webhook.CheckAddress(address); err != nil {
			return &usageError{fmt.Errorf("--webhook %s: %w", name, err)}
		}
		known[name] = true
	}
	return nil
}

// webhooks returns what sends to the webhooks, nil if there are none.
func (c *serveCommand) webhooks(log *slog.Logger) (*webhook.Sender, error) {
	if len(c.Webhook) == 0 {
		return nil, nil
	}
	path, read := c.WebhookSecretFile, webhook.ReadSecret
	if path == "" {
		path, read = filepath.Join(c.DataDir, "webhook-secret"), webhook.OpenSecret
	}
	secret, err := read(path)
	if err != nil {
		return nil, &usageError{err}
	}
	addresses := map[string]string{}
	for _, hook := range c.Webhook {
		name, address, _ := strings.Cut(hook, "=")
		addresses[name] = address
	}
	return webhook.New(addresses, secret, log), nil
}
