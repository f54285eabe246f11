package handler

import (
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"spool/schema"
)

// gate refuses requests that a web page of somebody else may have sent. A page that made
// its own name point here (DNS rebinding) is told by its Host; a page that calls across
// origins by its Origin. Programs that are no browsers send no Origin.
//
// Through an SSH tunnel (ssh -L 4000:127.0.0.1:3000) a browser asks for 127.0.0.1:4000, and so
// does the page that it has got there. A name of the loopback address is therefore right with
// any port, as long as the connection is of this machine: no DNS answer puts a literal address
// or localhost into the Host of a page of another name. What such a page may be is decided by
// its Origin, which must be the very Host: a page that another local program serves has that
// program's port there, and ours, or the tunnel's, in the Host.
type gate struct {
	hosts   []string // allowed besides the server's own address: name or name:port
	origins []string // allowed besides the server's own: scheme://host[:port]
}

// check is the first handler of every request.
func (g gate) check(c *fiber.Ctx) error {
	header := &c.Request().Header
	if uri := header.RequestURI(); len(uri) == 0 || uri[0] != '/' {
		return schema.NewError(schema.BadRequest, "the request target must be a path")
	}
	local, host := c.Context().LocalAddr(), string(header.Host())
	tunneled := isTunnel(host, local, c.Context().RemoteAddr())
	if !tunneled && !g.allowsHost(host, local) || !g.allowsForwarded(header.PeekAll(fiber.HeaderXForwardedHost), local) {
		return schema.NewError(schema.ForbiddenHost,
			"this server does not answer under that host name; allow it with --allow-host NAME")
	}
	origins := header.PeekAll(fiber.HeaderOrigin)
	if len(origins) > 1 || len(origins) == 1 && !g.allowsOrigin(string(origins[0]), host, local, tunneled) {
		return schema.NewError(schema.ForbiddenOrigin,
			"pages of that origin may not use this server; allow it with --allow-origin ORIGIN")
	}
	return c.Next()
}

// allowsHost reports whether host is this server's: an allowed name, or the address under
// which the request has come in, or a name of the loopback address, with the right port.
func (g gate) allowsHost(host string, local net.Addr) bool {
	host = strings.ToLower(host)
	name, port := splitPort(host)
	if slices.Contains(g.hosts, host) || slices.Contains(g.hosts, name) {
		return true
	}
	tcp, ok := local.(*net.TCPAddr)
	if !ok || port != "" && port != strconv.Itoa(tcp.Port) || port == "" && tcp.Port != 80 {
		return false
	}
	if tcp.IP.IsLoopback() {
		return slices.Contains(loopbackNames, name) || name == tcp.IP.String()
	}
	address, err := netip.ParseAddr(strings.Trim(name, "[]"))
	return err == nil && address.Unmap() == tcp.AddrPort().Addr().Unmap()
}

// loopbackNames are how a browser writes the loopback address.
var loopbackNames = []string{"localhost", "127.0.0.1", "[::1]"}

// isTunnel reports whether host is a name of the loopback address with another port than the
// server's, on a connection of this machine.
func isTunnel(host string, local, remote net.Addr) bool {
	here, ok := local.(*net.TCPAddr)
	if !ok || !isLoopback(local) || !isLoopback(remote) {
		return false
	}
	host = strings.ToLower(host)
	name, port := splitPort(host)
	if name == host {
		port = "80" // which is not written
	}
	number, err := strconv.ParseUint(port, 10, 16)
	written := err == nil && number > 0 && port == strconv.FormatUint(number, 10)
	return written && int(number) != here.Port && slices.Contains(loopbackNames, name)
}

// isLoopback reports whether an address is of this machine alone.
func isLoopback(address net.Addr) bool {
	tcp, ok := address.(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback()
}

// allowsForwarded reports whether every name that a proxy says it was asked for is this
// server's: one that rewrites Host must not let other names in.
func (g gate) allowsForwarded(headers [][]byte, local net.Addr) bool {
	for _, header := range headers {
		for name := range strings.SplitSeq(string(header), ",") {
			if !g.allowsHost(strings.TrimSpace(name), local) {
				return false
			}
		}
	}
	return true
}

// allowsOrigin reports whether a page of that origin may call: the server's own page, under
// the name that was just asked for or another one of its address, or an allowed origin. At the
// end of a tunnel it is the one under that name alone: the server's own port is somebody
// else's there.
func (g gate) allowsOrigin(origin, host string, local net.Addr, tunneled bool) bool {
	origin = strings.ToLower(origin)
	if slices.Contains(g.origins, origin) {
		return true
	}
	if tunneled {
		return origin == "http://"+strings.ToLower(host)
	}
	u, err := url.Parse(origin)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Scheme+"://"+u.Host != origin {
		return false
	}
	return u.Host == strings.ToLower(host) || gate{}.allowsHost(u.Host, local)
}

// lower returns texts as requests are compared: in lower case.
func lower(texts []string) []string {
	lowered := slices.Clone(texts)
	for i, text := range lowered {
		lowered[i] = strings.ToLower(text)
	}
	return lowered
}

// splitPort cuts the port off a host, if it has one. Brackets stay.
func splitPort(host string) (name, port string) {
	if i := strings.LastIndexByte(host, ':'); i >= 0 && !strings.HasSuffix(host, "]") {
		return host[:i], host[i+1:]
	}
	return host, ""
}
