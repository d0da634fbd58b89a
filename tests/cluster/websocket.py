"""A WebSocket client of the API server for the tests: websocket.py KUBECONFIG PATH PROTOCOL [MESSAGE…]

Prints the status line if it is no upgrade, else the protocol that was agreed on, and each message that comes as Python
writes it, until the server closes or five seconds pass without one. A MESSAGE is sent after the first that came; Python's
escapes in it are read: '\\x00hello'. Without a PROTOCOL ('') none is asked for.
"""
import base64
import os
import re
import socket
import ssl
import struct
import sys
import tempfile


def credential(text, name):
    data = base64.b64decode(re.search(name + r": (\S+)", text).group(1))
    file = tempfile.NamedTemporaryFile(delete=False)
    file.write(data)
    file.close()
    return file.name


def connect(kubeconfig):
    text = open(kubeconfig).read()
    host, port = re.search(r"server: https://([^:/]+):(\d+)", text).groups()
    certificate, key = credential(text, "client-certificate-data"), credential(text, "client-key-data")
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.load_cert_chain(certificate, key)
    os.unlink(certificate)
    os.unlink(key)
    return context.wrap_socket(socket.create_connection((host, int(port)), timeout=5))


class WebSocket:
    def __init__(self, connection, path, protocol):
        self.connection, self.file = connection, connection.makefile("rb")
        head = f"GET {path} HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        head += "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        head += f"Sec-WebSocket-Protocol: {protocol}\r\n" if protocol else ""
        connection.sendall((head + "\r\n").encode())
        self.status = self.file.readline().decode().strip()
        self.headers = {}
        for line in iter(lambda: self.file.readline().decode().strip(), ""):
            name, _, value = line.partition(": ")
            self.headers[name.lower()] = value

    def send(self, message, kind=2):
        frame = struct.pack("!BB", 0x80 | kind, 0x80 | len(message)) + bytes(4)
        self.connection.sendall(frame + message)

    def read(self):
        head = self.file.read(2)
        if len(head) < 2:
            return None
        size = head[1] & 0x7F
        if size >= 126:
            extended = self.file.read(2 if size == 126 else 8)
            size = int.from_bytes(extended, "big")
        message = self.file.read(size)
        return None if head[0] & 0x0F == 8 else message


def main(kubeconfig, path, protocol, *messages):
    client = WebSocket(connect(kubeconfig), path, protocol)
    if " 101 " not in client.status:
        size = int(client.headers.get("content-length", 0))
        print(client.status, client.file.read(size).decode())
        return
    print("protocol", client.headers.get("sec-websocket-protocol", "none"))
    waiting = [message.encode().decode("unicode_escape").encode("latin1") for message in messages]
    try:
        while (message := client.read()) is not None:
            print(message)
            while waiting:
                client.send(waiting.pop(0), 1 if "base64" in protocol else 2)
        client.send(b"", 8)
        print("closed")
    except TimeoutError:
        print("nothing more")


if __name__ == "__main__":
    main(*sys.argv[1:])
