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
		require.Equal(t, test.want, g.allowsOrigin(test.origin, "Spool.example", test.local, false), "%q at %v", test.origin, test.local)
	}
}

func TestGateKnowsTheEndOfATunnel(t *testing.T) {
	t.Parallel()
	here, lan := at("127.0.0.1", 3000), at("192.0.2.7", 3000)
	for _, test := range []struct {
		host          string
		local, remote net.Addr
		want          bool
	}{
		{"127.0.0.1:4000", here, here, true},
		{"LocalHost:4000", here, here, true},
		{"[::1]:4000", here, here, true},
		{"localhost:4000", at("::1", 3000), at("::1", 5), true},
		{"localhost", here, here, true}, // 80
		{"localhost:65535", here, here, true},

		{"localhost:3000", here, here, false}, // that is the server itself
		{"localhost", at("127.0.0.1", 80), here, false},
		{"localhost:4000", lan, here, false},
		{"localhost:4000", here, lan, false},
		{"localhost:4000", here, &net.UnixAddr{Name: "x"}, false},
		{"localhost:4000", nil, nil, false},
		{"localhost:", here, here, false},
		{"localhost:0", here, here, false},
		{"localhost:04000", here, here, false},
		{"localhost:65536", here, here, false},
		{"localhost:+4000", here, here, false},
		{"localhost.:4000", here, here, false},
		{"127.0.0.2:4000", here, here, false},
		{"127.1:4000", here, here, false},
		{"::1:4000", here, here, false},
		{"evil.example:4000", here, here, false},
		{"127.0.0.1@evil.example:4000", here, here, false},
		{"", here, here, false},
	} {
		require.Equal(t, test.want, isTunnel(test.host, test.local, test.remote), "%q from %v to %v", test.host, test.remote, test.local)
	}
	g := gate{origins: []string{"https://app.example"}}
	for origin, want := range map[string]bool{
		"http://127.0.0.1:4000": true, "HTTP://127.0.0.1:4000": true, "https://app.example": true,
		"https://127.0.0.1:4000": false, "http://localhost:4000": false, "http://127.0.0.1:3000": false, "http://127.0.0.1:4001": false,
		"http://127.0.0.1": false, "http://evil.example:4000": false, "null": false, "": false,
	} {
		require.Equal(t, want, g.allowsOrigin(origin, "127.0.0.1:4000", here, true), origin)
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
