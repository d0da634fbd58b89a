#!/usr/bin/env python3
"""A crowd of clients that do not say who they are, for tests and benchmarks: holds connections to a TLS server and replaces
each one that the server cuts off, until it is killed.

    crowd.py KIND HOST:PORT COUNT [RATE [SOURCE…]]

KIND: `silent` says nothing, `hello` begins a handshake and leaves it (half-open), `heads` sends a request's head byte by byte
(without TLS's end: a whole handshake before it), `handshakes` finishes handshakes as fast as RATE a second and goes.
RATE: at most so many new connections a second (default 1000). SOURCE: addresses to come from, in turn.
When all COUNT have been opened once, it says so in one line: `crowd: COUNT`; when a hundred have been cut off: `crowd: cut 100`; at
SIGTERM what it did: `crowd: opened N, cut M`.
"""
import itertools
import select
import signal
import socket
import ssl
import sys
import time

BYTE_EVERY = 1.0  # of a head


def client_hello():
    """The first flight of a real client."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    context = ssl._create_unverified_context()
    session = context.wrap_bio(incoming, outgoing, server_hostname="localhost")
    try:
        session.do_handshake()
    except ssl.SSLWantReadError:
        pass
    return outgoing.read()


class Crowd:
    def __init__(self, kind, address, count, rate, sources):
        self.kind, self.address, self.count, self.rate = kind, address, count, rate
        self.sources = itertools.cycle(sources)
        self.hello = client_hello()
        self.context = ssl._create_unverified_context()
        self.poll = select.epoll()
        self.open, self.speaking = {}, []
        self.opened = self.cut = 0
        self.said = self.said_cut = False

    def connect(self):
        connection = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        source = next(self.sources)
        if source:
            connection.bind((source, 0))
        try:
            connection.settimeout(5)
            connection.connect(self.address)
            if self.kind == "hello":
                connection.sendall(self.hello)
            elif self.kind in ("heads", "handshakes"):
                connection = self.context.wrap_socket(connection)
            if self.kind == "heads":
                connection.sendall(b"GET /api HTTP/1.1\r\nHost: x\r\nX-Slow: ")
        except OSError:
            self.cut += 1
            connection.close()
            return
        finally:
            self.opened += 1
        if self.kind == "handshakes":
            connection.close()
            return
        connection.setblocking(False)
        self.open[connection.fileno()] = connection
        self.poll.register(connection.fileno(), select.EPOLLRDHUP | select.EPOLLHUP)
        if self.kind == "heads":
            self.speaking.append((time.monotonic() + BYTE_EVERY, connection.fileno()))

    def reap(self, timeout):
        for descriptor, _ in self.poll.poll(timeout):
            self.poll.unregister(descriptor)
            self.open.pop(descriptor).close()
            self.cut += 1

    def speak(self):
        while self.speaking and self.speaking[0][0] <= time.monotonic():
            _, descriptor = self.speaking.pop(0)
            try:
                self.open[descriptor].send(b"x")
                self.speaking.append((time.monotonic() + BYTE_EVERY, descriptor))
            except (KeyError, OSError):
                pass

    def run(self):
        began = time.monotonic()
        while True:
            allowed = (time.monotonic() - began) * self.rate - self.opened
            for _ in range(int(min(allowed, 50, self.count - len(self.open)))):
                self.connect()
            if allowed > 5 * self.rate:  # cannot keep up: no credit for it
                began = time.monotonic() - self.opened / self.rate
            if not self.said and self.opened >= self.count:
                print(f"crowd: {self.count}", flush=True)
                self.said = True
            self.speak()
            self.reap(0.002)
            if not self.said_cut and self.cut >= 100:
                print("crowd: cut 100", flush=True)
                self.said_cut = True


def main():
    kind, where, count = sys.argv[1], sys.argv[2].rsplit(":", 1), int(sys.argv[3])
    rate = float(sys.argv[4]) if len(sys.argv) > 4 else 1000
    crowd = Crowd(kind, (where[0], int(where[1])), count, rate, sys.argv[5:] or [None])

    def leave(*_):
        print(f"crowd: opened {crowd.opened}, cut {crowd.cut}", flush=True)
        sys.exit(0)

    signal.signal(signal.SIGTERM, leave)
    crowd.run()


main()
