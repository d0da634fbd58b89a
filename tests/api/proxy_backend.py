"""What stands behind a proxy, for proxy_test.sh: proxy_backend.py ADDRESS PORT [CERTIFICATE KEY]

Answers by path: /echo with what it was asked, /page with links, /redirect?to=URL by sending there, /broken with an error, /half with half of it,
/ws with a WebSocket that sends back what it is sent. With a certificate it speaks TLS, and asks for the client's.
"""
import base64
import hashlib
import http.server
import json
import socket
import ssl
import sys
import urllib.parse

PAGE = """<html><head><title>/no/link</title><base href="/base/"></head><body>
<a href="/there">there</a><a href='relative'>near</a><a href="https://example.com/away">away</a><img src=/picture.png>
<a href="%s/own">own</a><script>var text = "<a href='/script'>";</script><!-- <a href="/comment"> -->
</body></html>"""


class Backend(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def own(self):
        scheme = "https" if isinstance(self.connection, ssl.SSLSocket) else "http"
        host, port = self.server.server_address[:2]
        return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"

    def answer(self, code, kind, body, headers=()):
        self.send_response(code)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body.encode())

    def handle_any(self):
        url = urllib.parse.urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        query = dict(urllib.parse.parse_qsl(url.query))
        if url.path == "/ws":
            return self.websocket()
        if url.path == "/page":
            return self.answer(200, "text/html; charset=utf-8", PAGE % self.own())
        if url.path == "/redirect":
            return self.answer(302, "text/plain", "elsewhere\n", [("Location", query["to"].replace("OWN", self.own()))])
        if url.path == "/broken":
            return self.answer(500, "text/plain", "it is broken\n")
        if url.path == "/half":
            self.close_connection = True
            self.send_response(200)
            self.send_header("Content-Length", "10")
            self.end_headers()
            return self.wfile.write(b"half\n")
        if url.path == "/open":
            return self.answer(200, "text/plain", "open\n", [("Access-Control-Allow-Origin", "*"), ("X-Own", "kept")])
        certificate = self.connection.getpeercert() if isinstance(self.connection, ssl.SSLSocket) else None
        said = {"method": self.command, "path": self.path, "body": body, "certificate": bool(certificate),
                "headers": {name.lower(): value for name, value in self.headers.items()}}
        self.answer(200, "application/json", json.dumps(said, sort_keys=True) + "\n")

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any

    def websocket(self):
        key = self.headers.get("Sec-WebSocket-Key", "") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        self.close_connection = True
        self.send_response(101)
        self.send_header("Connection", "Upgrade")
        self.send_header("Upgrade", "websocket")
        self.send_header("Sec-WebSocket-Accept", base64.b64encode(hashlib.sha1(key.encode()).digest()).decode())
        if protocol := self.headers.get("Sec-WebSocket-Protocol"):
            self.send_header("Sec-WebSocket-Protocol", protocol)
        self.end_headers()
        self.frame(b"hello")
        while len(head := self.rfile.read(2)) == 2 and head[0] & 0x0F != 8:
            mask = self.rfile.read(4)
            data = self.rfile.read(head[1] & 0x7F)
            self.frame(b"echo " + bytes(byte ^ mask[i % 4] for i, byte in enumerate(data)))

    def frame(self, message):
        self.wfile.write(bytes([0x82, len(message)]) + message)


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True


def main(address, port, certificate=None, key=None):
    Server.address_family = socket.AF_INET6 if ":" in address else socket.AF_INET
    server = Server((address, int(port)), Backend)
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        context.load_verify_locations(certificate)
        context.verify_mode = ssl.CERT_OPTIONAL
        server.socket = context.wrap_socket(server.socket, server_side=True)
    server.serve_forever()


main(*sys.argv[1:])
