package handler

import (
	"context"
	"time"
)

// callTimeout bounds what a frame or a request may wait for: others on its socket wait with it.
const callTimeout = 30 * time.Second

// call returns the context for what a frame or a request asks for, which is done even if the client leaves.
func call() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), callTimeout)
}
