#!/usr/bin/env python3
"""Run one prompt on a Spool server and print the agent's output line by line.

    client.py PROMPT [META]
    client.py URL PROMPT META

Lines go to stdout; the agent's stderr and errors go to stderr. Exit status: 0 done,
1 failed, 2 input refused, 3 timeout. Python 3.8 or newer, standard library only.
"""
import base64
import hashlib
import http.client
import json
import os
import socket
import ssl
import struct
import sys
from urllib.parse import urlsplit

TEXT, CLOSE, PING, PONG = 1, 8, 9, 10


class WebSocket:
    """The client's half of RFC 6455: text messages, fragments, ping and close."""

    def __init__(self, url):
        parts = urlsplit(url)
        secure = parts.scheme == "wss"
        if parts.scheme not in ("ws", "wss") or not parts.hostname:
            raise ValueError("the URL must look like ws://HOST:PORT/ws/claude")
        port = parts.port or (443 if secure else 80)
        self.sock = socket.create_connection((parts.hostname, port), timeout=10)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        if secure:
            self.sock = ssl.create_default_context().wrap_socket(self.sock, server_hostname=parts.hostname)
        self.file = self.sock.makefile("rb")
        self._handshake(parts)
        self.sock.settimeout(None)  # a run may be silent for minutes

    def _handshake(self, parts):
        key = base64.b64encode(os.urandom(16)).decode()
        path = (parts.path or "/") + ("?" + parts.query if parts.query else "")
        request = (f"GET {path} HTTP/1.1", f"Host: {parts.netloc}", "Upgrade: websocket", "Connection: Upgrade",
                   f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13", "", "")
        self.sock.sendall("\r\n".join(request).encode())
        status = self.file.readline(8192).decode("latin-1").strip()
        headers = http.client.parse_headers(self.file)
        guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        accept = base64.b64encode(hashlib.sha1((key + guid).encode()).digest()).decode()
        if " 101 " not in status + " " or headers.get("Sec-WebSocket-Accept") != accept:
            raise ConnectionError(f"the server did not open a WebSocket: {status}")

    def _read(self, size):
        data = self.file.read(size)
        if len(data) < size:
            raise ConnectionError("the connection was lost (1006)")
        return data

    def _frame(self):
        first, second = self._read(2)
        size = second & 127
        if size > 125:
            size = struct.unpack("!H" if size == 126 else "!Q", self._read(2 if size == 126 else 8))[0]
        return first >> 7, first & 15, self._read(size)

    def _send(self, opcode, payload):
        size = len(payload)
        head = bytes([128 | size]) if size < 126 else struct.pack("!BQ", 255, size)
        if 126 <= size < 65536:
            head = struct.pack("!BH", 254, size)
        mask = os.urandom(4)
        masked = bytes(byte ^ mask[i & 3] for i, byte in enumerate(payload))
        self.sock.sendall(bytes([128 | opcode]) + head + mask + masked)

    def send(self, text):
        self._send(TEXT, text.encode())

    def messages(self):
        """Yield each text message; return the server's close code at the end."""
        parts = []
        while True:
            final, opcode, payload = self._frame()
            if opcode == PING:
                self._send(PONG, payload)
            elif opcode == CLOSE:
                self._send(CLOSE, payload[:2])
                return struct.unpack("!H", payload[:2])[0] if len(payload) >= 2 else 1005
            elif opcode != PONG:
                parts.append(payload)
                if final:
                    yield b"".join(parts).decode("utf-8", "replace")
                    parts = []


def run(url, prompt, meta):
    """Run one prompt and return the exit status."""
    ws = WebSocket(url)
    messages, code = ws.messages(), ""
    while True:
        try:
            text = next(messages)
        except StopIteration as end:
            return status(end.value, code)
        # The server's own frames begin with one of three keys; the agent's lines with "type".
        frame = json.loads(text) if text.startswith(('{"info":', '{"stderr":', '{"error":')) else {}
        if frame.get("info", "").startswith("send"):
            ws.send(json.dumps({"prompt": prompt, "meta": meta}))
        elif frame:
            code = frame.get("code", code)
            print(frame.get("stderr", text), file=sys.stderr, flush=True)
        else:
            sys.stdout.buffer.write(text.encode("utf-8", "replace") + b"\n")
            sys.stdout.buffer.flush()


def status(close, code):
    """The exit status for a close code and the code of the last error frame."""
    if code.startswith("TIMEOUT_"):
        return 3
    if close in (1003, 1007, 1008, 1009):
        return 2
    return 0 if close == 1000 else 1


def main(args):
    if not 1 <= len(args) <= 3:
        print(__doc__, file=sys.stderr)
        return 2
    url = args.pop(0) if len(args) == 3 else "ws://127.0.0.1:3000/ws/claude"
    try:
        return run(url, args[0], args[1] if len(args) > 1 else "TASK-123")
    except KeyboardInterrupt:
        return 130  # the closed socket stops the run
    except BrokenPipeError:  # as in: client.py … | head -1
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 1
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    except OSError as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
