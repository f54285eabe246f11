package handler

import (
	"net"
	"testing"

	"github.com/stretchr/testify/require"
)

// at is the address under which a request has come in.
func at(ip string, port int) net.Addr { return &net.TCPAddr{IP: net.ParseIP(ip), Port: port} }

func TestGateKnowsTheServersNames(t *testing.T) {
	t.Parallel()
	g := gate{hosts: []string{"spool.example", "other.example:8443"}}
	loopback, plain, ipv6 := at("127.0.0.1", 3000), at("127.0.0.1", 80), at("::1", 3000)
	lan, lan6 := at("192.0.2.7", 3000), at("2001:db8::7", 3000)
	for _, test := range []struct {
		host  string
		local net.Addr
		want  bool
	}{
		{"localhost:3000", loopback, true},
		{"LocalHost:3000", loopback, true},
		{"127.0.0.1:3000", loopback, true},
		{"[::1]:3000", loopback, true},
		{"127.0.0.1:3000", ipv6, true},
		{"127.0.0.2:3000", at("127.0.0.2", 3000), true}, // where it listens
		{"localhost:3001", loopback, false},
		{"localhost:03000", loopback, false},
		{"localhost:", loopback, false},
		{"localhost", loopback, false},
		{"localhost.:3000", loopback, false},
		{"::1:3000", loopback, false},
		{"[::1%25lo]:3000", loopback, false},
		{"evil.example:3000", loopback, false},
		{"", loopback, false},
		{":3000", loopback, false},

		{"localhost", plain, true}, // 80 is the port that is not written
		{"localhost:80", plain, true},
		{"[::1]", plain, true},
		{"", plain, false},
		{"evil.example", plain, false},

		{"spool.example", loopback, true},
		{"spool.example:3000", loopback, true},
		{"SPOOL.example:443", lan, true},
		{"other.example:8443", lan, true},
		{"other.example", lan, false},
		{"spool.example.", lan, false},
		{"x.spool.example", lan, false},

		{"192.0.2.7:3000", lan, true},
		{"192.0.2.8:3000", lan, false},
		{"localhost:3000", lan, false}, // a page that points its own name here says so too
		{"127.0.0.1:3000", lan, false},
		{"evil.example:3000", lan, false},
		{"[2001:db8::7]:3000", lan6, true},
		{"[2001:DB8:0::7]:3000", lan6, true},
		{"192.0.2.7:3000", at("::ffff:192.0.2.7", 3000), true},

		{"localhost:3000", &net.UnixAddr{Name: "x"}, false},
	} {
		require.Equal(t, test.want, g.allowsHost(test.host, test.local), "%q at %v", test.host, test.local)
	}
}

func TestGateKnowsTheServersOrigins(t *testing.T) {
	t.Parallel()
	g := gate{hosts: []string{"spool.example"}, origins: []string{"https://app.example", "vscode-webview://x"}}
	loopback, plain := at("127.0.0.1", 3000), at("127.0.0.1", 80)
	for _, test := range []struct {
		origin string
		local  net.Addr
		want   bool
	}{
		{"http://localhost:3000", loopback, true},
		{"HTTP://LOCALHOST:3000", loopback, true},
		{"http://[::1]:3000", loopback, true},
		{"http://localhost", plain, true},
		{"http://localhost", loopback, false},
		{"http://localhost:3001", loopback, false},
		{"https://app.example", loopback, true},
		{"http://app.example", loopback, false},
		{"https://app.example:443", loopback, false}, // browsers do not write it
		{"vscode-webview://x", loopback, true},
		{"vscode-webview://y", loopback, false},
		{"https://spool.example", loopback, true},      // an allowed name, behind a proxy with TLS
		{"http://spool.example:8080", loopback, false}, // another program on that host
		{"ftp://localhost:3000", loopback, false},
		{"null", loopback, false},
		{"", loopback, false},
		{"http://", loopback, false},
		{"http://localhost:3000/", loopback, false},
		{"http://user@localhost:3000", loopback, false},
		{"http://localhost:3000@evil.example", loopback, false},
		{"http://localhost:3000 ", loopback, false},
		{"http://local%68ost:3000", loopback, false},
		{"\x00", loopback, false},
	} {
		require.Equal(t, test.want, g.allowsOrigin(test.origin, "Spool.example", test.local), "%q at %v", test.origin, test.local)
	}
}

func TestGateLooksAtEveryForwardedName(t *testing.T) {
	t.Parallel()
	g, local := gate{hosts: []string{"spool.example"}}, at("127.0.0.1", 3000)
	header := func(values ...string) (all [][]byte) {
		for _, value := range values {
			all = append(all, []byte(value))
		}
		return all
	}
	require.True(t, g.allowsForwarded(nil, local))
	require.True(t, g.allowsForwarded(header("spool.example"), local))
	require.True(t, g.allowsForwarded(header("spool.example, localhost:3000", "127.0.0.1:3000"), local))
	require.False(t, g.allowsForwarded(header("spool.example,evil.example"), local))
	require.False(t, g.allowsForwarded(header("spool.example", "evil.example"), local))
	require.False(t, g.allowsForwarded(header(""), local))
}
