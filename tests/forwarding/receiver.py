"""Writes each request into two files of a folder, N.body and N.headers, and answers 204."""

import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

folder = Path(sys.argv[1])
received = 0


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        global received
        received += 1
        body = self.rfile.read(int(self.headers["content-length"]))
        (folder / f"{received}.body").write_bytes(body)
        headers = "".join(f"{name.lower()}: {value}\n" for name, value in self.headers.items())
        (folder / f"{received}.headers").write_text(headers)
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


server = HTTPServer(("127.0.0.1", 0), Receiver)
print(f"http://127.0.0.1:{server.server_port}/leads", flush=True)
server.serve_forever()
