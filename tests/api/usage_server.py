#!/usr/bin/env python3
"""An agent on paper, of which nothing is known but what its node uses: usage_server.py PORT FILE CERTIFICATE KEY, where
FILE has the processors and the bytes that are in use."""
import sys
import threading
import time

from https_service import Answering, serve


class Usage(Answering):
    lock = threading.Lock()
    since = time.time()
    seconds = 0.0

    def do_GET(self):
        if self.path != "/metrics/resource":
            return self.send(b"", 404)
        with open(sys.argv[2], encoding="utf-8") as file:
            processors, memory = file.read().split()
        with Usage.lock:
            now = time.time()
            Usage.seconds += float(processors) * (now - Usage.since)
            Usage.since = now
            seconds = Usage.seconds
        at = int(now * 1000)
        return self.send(f"node_cpu_usage_seconds_total {seconds:.6f} {at}\n"
                         f"node_memory_working_set_bytes {memory} {at}\n".encode())


serve(Usage, *sys.argv[1:2], *sys.argv[3:5])
