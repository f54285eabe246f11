#!/usr/bin/env python3
"""Talk with a Spool server: send one message of a conversation, and print the answer as it comes.

    chat.py [--url URL] [--conversation ID] MESSAGE

Without an id a conversation is made; its id goes to stderr, to go on with. What tools need an
approval for is asked on the terminal: y, n, or what the agent is to be told instead.

A lost connection costs nothing: the client comes back, says which frame it had last, and gets the
ones behind it, also when the server was killed and started again in between. What it could not
know to have arrived it sends once more, which is one message all the same.

The answer goes to stdout, everything else to stderr. Exit status: 0 answered, 1 failed,
2 refused, 3 timeout. Ctrl-C ends the answer. Python 3.8 or newer on Unix, standard library only.
"""
import argparse
import base64
import hashlib
import http.client
import json
import os
import select
import signal
import socket
import ssl
import struct
import sys
import termios
import time
import uuid
from urllib.parse import urlsplit

PATIENCE = 60  # seconds in which a server that went away must be back
SILENCE = 60  # seconds without a byte: a server that is well pings every 25


class Refused(Exception):
    """The server has understood, and said no."""


class Lost(Exception):
    """The connection has ended, or none came about."""


class Server:
    def __init__(self, url):
        self.url = urlsplit(url)
        self.secure = self.url.scheme == "https"
        if self.url.scheme not in ("http", "https") or not self.url.hostname:
            raise ValueError("the URL must look like http://HOST:PORT")
        self.port = self.url.port or (443 if self.secure else 80)
        self.base = self.url.path.rstrip("/")

    def request(self, method, path, body=None):
        """Return an answer, which is JSON."""
        connect = http.client.HTTPSConnection if self.secure else http.client.HTTPConnection
        try:
            connection = connect(self.url.hostname, self.port, timeout=SILENCE)
            connection.request(method, self.base + path, body)
            answer = connection.getresponse()
            text = answer.read().decode("utf-8", "replace")
            connection.close()
        except (OSError, http.client.HTTPException) as error:
            raise Lost(error) from error
        if answer.status >= 500:
            raise Lost(text)
        if answer.status >= 400:
            raise Refused(text)
        return json.loads(text)

    def connect(self):
        """Return a socket, when its handshake is done, and what came behind that."""
        try:
            wire = socket.create_connection((self.url.hostname, self.port), timeout=SILENCE)
            if self.secure:
                wire = ssl.create_default_context().wrap_socket(wire, server_hostname=self.url.hostname)
            key = base64.b64encode(os.urandom(16)).decode()
            wire.sendall(
                f"GET {self.base}/ws HTTP/1.1\r\nHost: {self.url.netloc.rpartition('@')[2]}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
            )
            return wire, self.shake(wire, key)
        except OSError as error:
            raise Lost(error) from error

    def shake(self, wire, key):
        got = b""
        while b"\r\n\r\n" not in got:
            piece = wire.recv(65536)
            if not piece:
                raise Lost("the connection was lost in the handshake")
            got += piece
        head, _, rest = got.partition(b"\r\n\r\n")
        status = int(head.split(None, 2)[1])
        if status != 101:
            raise (Refused if 400 <= status < 500 else Lost)((head.split(b"\r\n")[0] + b" " + rest).decode("utf-8", "replace"))
        sum_ = base64.b64encode(hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest())
        if sum_ not in head:
            raise Refused("this is no WebSocket server")
        return rest


class Socket:
    """A WebSocket that says and hears JSON."""

    def __init__(self, server):
        self.wire, self.got = server.connect()
        self.message = b""  # the fragments so far
        self.heard = time.monotonic()

    def say(self, kind, **members):
        self.send(1, json.dumps({"type": kind, **members}).encode())

    def send(self, opcode, data):
        size = len(data)
        head = bytes([0x80 | opcode])
        if size < 126:
            head += bytes([0x80 | size])
        elif size < 1 << 16:
            head += b"\xfe" + struct.pack(">H", size)
        else:
            head += b"\xff" + struct.pack(">Q", size)
        mask = os.urandom(4)
        stream = (mask * (size // 4 + 1))[:size]
        masked = (int.from_bytes(data, "big") ^ int.from_bytes(stream, "big")).to_bytes(size, "big")
        try:
            self.wire.sendall(head + mask + masked)
        except OSError as error:
            raise Lost(error) from error

    def receive(self):
        """Take what has come, which must be something."""
        try:
            piece = self.wire.recv(65536)
            while isinstance(self.wire, ssl.SSLSocket) and self.wire.pending():
                piece += self.wire.recv(65536)
        except OSError as error:
            raise Lost(error) from error
        if not piece:
            raise Lost("the connection was lost")
        self.heard = time.monotonic()
        self.got += piece

    def frames(self):
        """Yield what has come whole."""
        while True:
            frame = self.frame()
            if frame is None:
                return
            final, opcode, data = frame
            if opcode == 8:
                raise Lost(f"the server has closed the socket: {int.from_bytes(data[:2], 'big') or 1005}")
            if opcode == 9:
                self.send(10, data)
            if opcode in (0, 1):
                self.message += data
                if final:
                    text, self.message = self.message, b""
                    yield json.loads(text)

    def frame(self):
        """Return the next frame of the WebSocket protocol, if it is there."""
        got, head = self.got, 2
        if len(got) < 2:
            return None
        size = got[1] & 0x7F
        if size > 125:
            head = 4 if size == 126 else 10
            size = int.from_bytes(got[2:head], "big")
        if len(got) < head + size:
            return None
        self.got = got[head + size :]
        return got[0] & 0x80, got[0] & 0x0F, got[head : head + size]


class Talk:
    """One message of a conversation, and its answer."""

    def __init__(self, server, conversation, content):
        self.server, self.conversation, self.content = server, conversation, content
        self.name = str(uuid.uuid4())  # with it the message can be sent again
        self.seq = self.epoch = None  # the last frame that was dealt with
        self.run = None  # once the message is accepted
        self.end = None  # its last frame
        self.said = False  # anything was printed
        self.streamed = ""  # what was printed of a block that is being written
        self.open = {}  # requests for approvals
        self.answers = {}  # what was said to them
        self.typed = b""
        self.asked = None  # the request that the terminal shows
        self.terminal = True  # somebody can answer there
        self.stopped = False  # by Ctrl-C
        self.alive, self.pause = time.monotonic(), 0.1  # when the server was last heard, how long to wait for it

    def go(self):
        """Return the last frame, over as many connections as it takes."""
        while True:
            try:
                self.connect()
                return self.end
            except Lost as error:
                if time.monotonic() - self.alive > PATIENCE:
                    raise
                say(f"{error}: connecting again")
            time.sleep(self.pause)
            self.pause = min(2 * self.pause, 3)

    def connect(self):
        """Take what one connection brings, until the end."""
        self.socket = Socket(self.server)
        try:
            self.subscribe()
            while not self.end:
                try:
                    for frame in self.socket.frames():
                        self.alive, self.pause = time.monotonic(), 0.1
                        self.take(frame)
                        if self.end:
                            return
                    self.wait()
                except KeyboardInterrupt:
                    self.abort()
        finally:
            self.socket.wire.close()

    def abort(self):
        """End the answer, which shows in its last frame."""
        if self.stopped or not self.run:
            raise KeyboardInterrupt
        self.stopped = True
        self.socket.say("chat.abort", sessionId=self.conversation)

    def subscribe(self):
        have = {"sessionId": self.conversation}
        if self.seq is not None:  # everything behind it, also of runs that have ended meanwhile
            have.update(lastSeq=self.seq, epoch=self.epoch, history=True)
        self.socket.say("chat.subscribe", sessions=[have])

    def subscribed(self, frame):
        """Take the server's word for what is there, and send what may not have arrived."""
        if frame["replay"] == "reset" and self.run:
            return self.settle()
        if self.seq is None or frame["replay"] == "reset":
            self.seq = frame["lastSeq"]  # what is there already is none of ours
        self.epoch = frame["epoch"]
        if not self.run:
            self.socket.say("chat.send", sessionId=self.conversation, content=self.content, clientMessageId=self.name, options={"queue": True})
        self.open = {p["requestId"]: p for p in frame["pendingPermissions"] if p["runId"] == self.run}
        for request in self.open:
            if request in self.answers:  # it may not have arrived
                self.socket.say("chat.permission-response", requestId=request, **self.answers[request])
        self.ask()

    def settle(self):
        """Take the answer from the run: the server has lost its frames."""
        say("[some of the answer is lost; this is what it ends with]")
        while not self.end:
            run = self.server.request("GET", f"/api/runs/{self.run}")
            if "endedAt" in run:
                self.streamed = ""
                self.print(run.get("result", ""))
                self.end = {**run, "success": run["state"] == "succeeded"}
            else:
                time.sleep(1)

    def take(self, frame):
        kind = frame["kind"]
        if kind == "chat_subscribed":
            self.subscribed(frame)
        elif kind == "protocol_error":
            self.refused(frame)
        elif kind == "session_deleted" and frame["sessionId"] == self.conversation:
            raise Refused("the conversation was deleted")
        elif frame.get("seq", 0) > (self.seq or 0) and frame["sessionId"] == self.conversation:
            self.seq = frame["seq"]
            if frame.get("clientMessageId") == self.name:
                self.run = frame["runId"]
                if kind == "error":
                    raise Refused(frame["content"])
            elif frame["runId"] == self.run:
                getattr(self, "take_" + kind, lambda frame: None)(frame)

    def refused(self, frame):
        if frame["code"] == "DRAINING":
            raise Lost(frame["error"])
        if frame["code"] != "APPROVAL_GONE":  # somebody else was faster
            raise Refused(f"{frame['code']}: {frame['error']}")

    def take_stream_delta(self, frame):
        if frame.get("status") != "thinking" and not frame.get("parentToolId"):
            self.print(frame["content"])

    def take_text(self, frame):
        """Print a whole block, of which some may have been printed."""
        if frame.get("role") == "assistant" and not frame.get("parentToolId"):
            text, some = frame["content"], self.streamed
            if not text.startswith(some):
                self.streamed = some = ""
            self.print(text[len(some) :])
            self.streamed = ""

    def take_tool_use(self, frame):
        say(f"[{frame['toolName']} {brief(frame['toolInput'])}]")

    def take_status(self, frame):
        if frame.get("status") == "queued":
            say(f"[waiting for a place: {frame['position']}]")
        elif frame.get("status") == "deadline":
            say(f"[will be ended in {frame['inSeconds']} s]")

    def take_error(self, frame):
        say(frame["content"])

    def take_complete(self, frame):
        self.end = frame

    def take_permission_request(self, frame):
        self.open[frame["requestId"]] = frame
        self.ask()

    def take_permission_cancelled(self, frame):
        self.open.pop(frame["requestId"], None)
        if frame["requestId"] not in self.answers:  # somebody else has decided
            say(f"[{frame['reason']}]")
        self.ask()

    def ask(self):
        """Show a request that has no answer yet, one at a time."""
        if self.asked not in self.open:
            self.asked = next((request for request in self.open if request not in self.answers), None)
            if self.asked:
                self.forget()
                request = self.open[self.asked]
                say(f"{request['toolName']} {json.dumps(request['input'], ensure_ascii=False)}\nAllow it? y, n, or what to tell the agent:")

    def forget(self):
        """Drop what somebody has typed before the question was there."""
        if os.isatty(0):
            termios.tcflush(0, termios.TCIFLUSH)
            self.typed = b""

    def read(self):
        """Take what was typed."""
        piece = os.read(0, 65536)
        self.typed += piece
        if not piece:
            self.terminal = False
            say(f"[nobody is here to answer; others can, with POST /api/approvals/{self.asked}]")

    def answer(self):
        """Take a line that was typed as the answer."""
        line, _, self.typed = self.typed.partition(b"\n")
        line = line.decode("utf-8", "replace").strip()
        if not line:
            return
        answer = {"allow": line.lower() in ("y", "yes")}
        if not answer["allow"] and line.lower() not in ("n", "no"):
            answer["message"] = line
        self.answers[self.asked], request, self.asked = answer, self.asked, None
        self.socket.say("chat.permission-response", requestId=request, **answer)
        self.ask()

    def wait(self):
        """Return when something has come from the server or from the terminal."""
        if self.asked and b"\n" in self.typed:
            return self.answer()
        sources = [self.socket.wire] + ([0] if self.asked and self.terminal else [])
        ready = select.select(sources, [], [], max(self.socket.heard + SILENCE - time.monotonic(), 0))[0]
        if not ready:
            raise Lost("the server is silent")
        if self.socket.wire in ready:
            self.socket.receive()
        if 0 in ready:
            self.read()

    def print(self, text):
        """Print some of a block. Between two is a blank line, as in the message that they become."""
        if text:
            write(("\n\n" if self.said and not self.streamed else "") + text)
            self.streamed, self.said = self.streamed + text, True


def visible(text):
    """A text for a terminal, on which nothing in it can move, hide or turn around anything."""
    return "".join(c if c.isprintable() or c in "\n\t" else ascii(c)[1:-1] for c in text)


def say(text):
    print(visible(str(text)), file=sys.stderr, flush=True)


def write(text):
    if sys.stdout.isatty():
        text = visible(text)
    sys.stdout.buffer.write(text.encode("utf-8", "replace"))
    sys.stdout.buffer.flush()


def brief(value):
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) < 500 else text[:500] + "…"


def status(end):
    """The exit status for the last frame."""
    if end["success"]:
        return 0
    say(f"{end['state']} {end.get('code', '')}")
    return 3 if end["state"] == "timed_out" else 1


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--url", default="http://127.0.0.1:3000")
    parser.add_argument("--conversation", metavar="ID", help="go on with this one")
    parser.add_argument("message")
    args = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        server, conversation = Server(args.url), args.conversation
        if not conversation:
            conversation = server.request("POST", "/api/providers/sessions", "{}")["sessionId"]
            say(f"conversation {conversation}")
        talk = Talk(server, conversation, args.message)
        end = talk.go()
        write("\n" if talk.said else "")
        return 130 if talk.stopped and not end["success"] else status(end)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # as in: chat.py … | head -1
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 1
    except (Refused, Lost, ValueError) as error:
        say(error)
        return 1 if isinstance(error, Lost) else 2


if __name__ == "__main__":
    sys.exit(main())
