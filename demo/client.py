#!/usr/bin/env python3
"""Run one prompt on a Spool server and print the agent's output line by line.

    client.py PROMPT [META]
    client.py URL PROMPT META

The run is started as one that goes on by itself, and followed by the numbers of its lines.
A lost connection costs nothing: the client comes back and asks for the lines behind the
last one that it has, also when the server was killed and started again in between.

Lines go to stdout; the agent's stderr and errors go to stderr. Exit status: 0 done,
1 failed, 2 input refused, 3 timeout. Ctrl-C ends the run. Python 3.8 or newer, standard
library only.
"""
import http.client
import json
import os
import signal
import sys
import time
import uuid
from urllib.parse import urlsplit

PATIENCE = 60  # seconds in which a server that went away must be back
SILENCE = 60  # seconds without a byte: a server that is well sends a sign of life every 25


class Refused(Exception):
    """The server has understood, and said no."""

    def __init__(self, status, text):
        super().__init__(text)
        self.status = status


class Lost(Exception):
    """The connection has ended, or none came about."""


class Server:
    def __init__(self, url):
        self.url = urlsplit(url)
        if self.url.scheme not in ("http", "https") or not self.url.hostname:
            raise ValueError("the URL must look like http://HOST:PORT")

    def request(self, method, path, body=None, **headers):
        """Return the answer. Its body is still to come."""
        connect = http.client.HTTPSConnection if self.url.scheme == "https" else http.client.HTTPConnection
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            connection = connect(self.url.hostname, self.url.port, timeout=SILENCE)
            connection.request(method, self.url.path.rstrip("/") + path, body, headers)
            answer = connection.getresponse()
            if answer.status >= 400:
                raise Refused(answer.status, answer.read().decode("utf-8", "replace"))
            return answer
        except (OSError, http.client.HTTPException) as error:
            raise Lost(error) from error

    def start(self, prompt, meta):
        """Start a run and return its id."""
        body, key = json.dumps({"prompt": prompt, "meta": meta}), str(uuid.uuid4())
        for last in (False, False, True):  # an answer may get lost; with the key it stays one run
            try:
                return json.load(self.request("POST", "/api/runs", body, Idempotency_Key=key))["run"]
            except Lost as error:
                if last or isinstance(error.__cause__, ConnectionRefusedError):
                    raise

    def abort(self, run):
        self.request("POST", f"/api/runs/{run}/abort")

    def envelopes(self, run, after):
        """Yield what one connection brings of a run, behind a line; {} is a sign of life."""
        with self.request("GET", f"/api/runs/{run}/lines?from={after}", Accept="application/x-ndjson") as answer:
            while True:
                try:
                    text = answer.readline()
                except (OSError, http.client.HTTPException) as error:
                    raise Lost(error) from error
                if not text.endswith(b"\n"):
                    raise Lost("the answer ended too early")
                yield {} if text.isspace() else json.loads(text)


def follow(server, run):
    """Print a run to its end, over as many connections as it takes. Return the exit status."""
    last = warnings = 0  # what was printed: the number of the last line, how many of stderr
    alive, pause = time.monotonic(), 0.1
    while True:
        came = 0  # of stderr, all of which comes again on each connection
        try:
            for envelope in server.envelopes(run, last):
                alive, pause, kind = time.monotonic(), 0.1, envelope.get("t")
                if kind == "line":
                    last = envelope["n"]
                    sys.stdout.buffer.write(envelope["line"].encode("utf-8", "replace") + b"\n")
                    sys.stdout.buffer.flush()
                elif kind == "stderr":
                    came += 1
                    if came > warnings:
                        warnings = came
                        print(envelope["text"], file=sys.stderr, flush=True)
                elif kind in ("end", "error"):
                    return status(envelope)
        except (Refused, Lost) as error:
            ready = getattr(error, "status", 503) < 500  # and it says no
            if ready or time.monotonic() - alive > PATIENCE:
                raise
            print(f"{error}: connecting again", file=sys.stderr, flush=True)
        time.sleep(pause)
        pause = min(2 * pause, 3)


def status(end):
    """The exit status for the last envelope, which is printed unless all is well."""
    if end.get("state") == "succeeded":
        return 0
    print(json.dumps(end, ensure_ascii=False, separators=(",", ":")), file=sys.stderr)
    return 3 if end.get("state") == "timed_out" else 1


def main(args):
    if not 1 <= len(args) <= 3:
        print(__doc__, file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    url = args.pop(0) if len(args) == 3 else "http://127.0.0.1:3000"
    try:
        server = Server(url)
        run = server.start(args[0], args[1] if len(args) > 1 else "TASK-123")
        try:
            return follow(server, run)
        except BaseException:  # nobody waits for the run any more
            server.abort(run)
            raise
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # as in: client.py … | head -1
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 1
    except (Refused, Lost, ValueError) as error:
        print(error, file=sys.stderr)
        return 2 if isinstance(error, ValueError) or getattr(error, "status", 0) in (400, 413) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
