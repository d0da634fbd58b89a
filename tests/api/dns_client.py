#!/usr/bin/env python3
"""A small client of DNS, and a server for it to be forwarded to.

  dns_client.py ask PORT NAME TYPE [tcp] [edns=BYTES]   RCODE FLAGS, then each record of the answer: TYPE DATA
  dns_client.py authority PORT NAME TYPE                the types of the authority section
  dns_client.py raw PORT HEX                            what comes back for these bytes, or "nothing"
  dns_client.py hostile PORT COUNT                      so many broken messages and idle connections
  dns_client.py upstream FILE                           serves; its port is written to FILE
"""
import random
import socket
import struct
import sys
import threading

TYPES = {"A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "PTR": 12, "TXT": 16, "AAAA": 28, "SRV": 33, "AXFR": 252}
NAMES = {number: name for name, number in TYPES.items()}
RCODES = {0: "NOERROR", 1: "FORMERR", 2: "SERVFAIL", 3: "NXDOMAIN", 4: "NOTIMP", 5: "REFUSED"}


def wire(name):
    return b"".join(bytes([len(label)]) + label.encode() for label in name.split(".") if label) + b"\0"


def query(name, kind, edns=0):
    number = random.randrange(65536)
    message = struct.pack(">6H", number, 0x100, 1, 0, 0, 1 if edns else 0) + wire(name) + struct.pack(">2H", TYPES[kind], 1)
    return message + (b"\0" + struct.pack(">HHIH", 41, edns, 0, 0) if edns else b"")


def read_name(message, at):
    labels, end = [], None
    while message[at]:
        if message[at] >= 0xC0:
            end = end or at + 2
            at = struct.unpack_from(">H", message, at)[0] & 0x3FFF
            continue
        labels.append(message[at + 1 : at + 1 + message[at]].decode())
        at += 1 + message[at]
    return ".".join(labels), end or at + 1


def data_of(message, kind, at, length):
    if kind == 1:
        return socket.inet_ntop(socket.AF_INET, message[at : at + 4])
    if kind == 28:
        return socket.inet_ntop(socket.AF_INET6, message[at : at + 16])
    if kind == 33:
        return "%d:%s" % (struct.unpack_from(">3H", message, at)[2], read_name(message, at + 6)[0])
    if kind == 16:
        return message[at + 1 : at + length].decode()
    return read_name(message, at)[0]


def sections(message):
    counts = struct.unpack_from(">6H", message)
    question, at = "", 12
    for _ in range(counts[2]):
        question, at = read_name(message, at)
        at += 4
    found = []
    for count in counts[3:]:
        found.append([])
        for _ in range(count):
            _, at = read_name(message, at)
            kind, _, _, length = struct.unpack_from(">HHIH", message, at)
            at += 10
            found[-1].append((NAMES.get(kind, str(kind)), "" if kind == 41 else data_of(message, kind, at, length)))
            at += length
    return counts[1], question, found


def exactly(stream, size):
    got = b""
    while len(got) < size:
        part = stream.recv(size - len(got))
        if not part:
            raise ConnectionError("closed")
        got += part
    return got


def exchange(port, message, tcp=False):
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM if tcp else socket.SOCK_DGRAM) as sock:
        sock.settimeout(8)
        sock.connect(("127.0.0.1", port))
        if not tcp:
            sock.send(message)
            return sock.recv(65535)
        framed = struct.pack(">H", len(message)) + message
        sock.sendall(framed[:5])  # in two parts, as a network may bring them
        sock.sendall(framed[5:])
        return exactly(sock, struct.unpack(">H", exactly(sock, 2))[0])


def ask(port, name, kind, *options):
    edns = max([int(option[5:]) for option in options if option.startswith("edns=")] or [0])
    asked = query(name, kind, edns)
    answer = exchange(port, asked, "tcp" in options)
    flags, question, found = sections(answer)
    assert answer[:2] == asked[:2] and question == name, (question, name)
    words = [word for bit, word in ((0x400, "aa"), (0x200, "tc"), (0x80, "ra")) if flags & bit]
    records = sorted("%s %s" % record for record in found[0])
    print(RCODES[flags & 15], " ".join(words), "%d: %s" % (len(records), ", ".join(records)) if records else "0")


def hostile(port, count):
    idle = []
    for i in range(count):
        sock = socket.socket()
        sock.settimeout(2)
        try:
            sock.connect(("127.0.0.1", port))
            sock.send(b"\xff\xff" if i % 2 else b"\0")
        except OSError:
            pass
        idle.append(sock)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.connect(("127.0.0.1", port))
        random.seed(1)
        for i in range(50 * count):
            head = struct.pack(">6H", i & 0xFFFF, 0x100, 1, random.choice((0, 65535)), 0, random.choice((0, 65535)))
            sock.send(head + random.choice((b"\xc0\x0c", b"\x3fa", bytes(random.randrange(256) for _ in range(40)), b"\x01a\xc0\x0c")))
    print("sent")


def serve(path):
    def answer(message, tcp):
        number = message[:2]
        name, end = read_name(message, 12)
        question = message[12 : end + 4]
        flags, count, records = 0x8180, 0, b""
        if name.startswith("missing"):
            flags |= 3
        elif name.startswith("long") and not tcp:
            flags |= 0x200
        else:
            count = 40 if name.startswith("long") else 1
            for i in range(count):
                records += b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 60, 4) + bytes([192, 0, 2, i + 1])
        return number + struct.pack(">5H", flags, 1, count, 0, 0) + question + records

    udp, tcp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM), socket.socket()
    udp.bind(("127.0.0.1", 0))
    tcp.bind(udp.getsockname())
    tcp.listen()

    def streams():
        while True:
            stream, _ = tcp.accept()
            message = answer(exactly(stream, struct.unpack(">H", exactly(stream, 2))[0]), True)
            stream.sendall(struct.pack(">H", len(message)) + message)
            stream.close()

    threading.Thread(target=streams, daemon=True).start()
    with open(path, "w") as file:
        file.write(str(udp.getsockname()[1]))
    while True:
        message, client = udp.recvfrom(4096)
        if not read_name(message, 12)[0].startswith("silent"):
            udp.sendto(answer(message, False), client)


command, rest = sys.argv[1], sys.argv[2:]
if command == "ask":
    ask(int(rest[0]), *rest[1:])
elif command == "authority":
    print(" ".join(kind for kind, _ in sections(exchange(int(rest[0]), query(*rest[1:])))[2][1]))
elif command == "raw":
    try:
        reply = exchange(int(rest[0]), bytes.fromhex(rest[1]))
        print(RCODES[reply[3] & 15])
    except (TimeoutError, ConnectionError):
        print("nothing")
elif command == "hostile":
    hostile(int(rest[0]), int(rest[1]))
else:
    serve(rest[0])
