package handler

import (
	"testing"

	"go.uber.org/goleak"
)

// Two goroutines belong to the HTTP server's library and outlive it: its clock, for ever,
// and the cleaner of its workers, for some seconds.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1"),
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*workerPool).Start.func2"),
	)
}
