#!/usr/bin/env python3
"""A listener that accepts and says nothing, to compare a server with: prints its port, holds as many connections as the server
has places for strangers, and hangs up on whoever has been there longest.
"""
import collections
import socket

HELD = 512

listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
print(listener.getsockname()[1], flush=True)
held = collections.deque()
while True:
    held.append(listener.accept()[0])
    if len(held) > HELD:
        held.popleft().close()
