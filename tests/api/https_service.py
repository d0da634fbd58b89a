"""What the HTTPS servers of these tests have in common: answers of one piece, and serving on loopback."""
import http.server
import ssl
import time


class Answering(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    content_type = None

    def log_message(self, *_):
        pass

    def send(self, body, code=200, headers=()):
        self.send_response(code)
        if self.content_type:
            self.send_header("Content-Type", self.content_type)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def pour(self, piece, count, pause):
        """A gigabyte as it comes, or few bytes over a long time."""
        self.send_response(200)
        self.send_header("Content-Length", str(len(piece) * count))
        self.end_headers()
        try:
            for _ in range(count):
                self.wfile.write(piece)
                time.sleep(pause)
        except OSError:
            pass
        self.close_connection = True


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256  # a crowd comes at once

    def handle_error(self, *_):
        """Who goes away, or does not trust this server, is no news."""


def serve(handler, port, certificate, key, authority=None, clients=ssl.CERT_NONE):
    """Serves for ever. `clients`: whether they have to show a certificate, which `authority` has signed."""
    server = Server(("127.0.0.1", int(port)), handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    if authority:
        context.load_verify_locations(authority)
        context.verify_mode = clients
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    server.serve_forever()
