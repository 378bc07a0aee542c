"""A destination: an HTTPS server at 5.6.7.8 with the name crm.example.com. As a program, it makes the
certificate in a folder. Usage: crm.py FOLDER"""

import base64
import datetime
import hashlib
import hmac
import http.server
import json
import os
import pathlib
import queue
import ssl
import sys
import threading
import time

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

NAME = "crm.example.com"


def make_certificate(folder):
    """Makes a certificate, which the engine's functions trust, and a file that has its key too."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, NAME)])
    now = datetime.datetime.now(datetime.timezone.utc)
    day = datetime.timedelta(days=1)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, now - day, now + day)
    names = x509.SubjectAlternativeName([x509.DNSName(NAME)])
    builder = builder.add_extension(names, critical=False)
    pem = serialization.Encoding.PEM
    certificate = builder.sign(key, hashes.SHA256()).public_bytes(pem)
    plain = key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "certificate.pem").write_bytes(certificate)
    (folder / "server.pem").write_bytes(certificate + plain)


class Crm:
    """The server. Each message that it gets waits until it is asked for. It answers with the
    statuses, and then with 200."""

    def __init__(self):
        self.statuses = statuses = []
        self.messages = messages = queue.Queue()

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                messages.put((time.time(), dict(self.headers), body))
                self.send_response(statuses.pop(0) if statuses else 200)
                self.end_headers()

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("5.6.7.8", 443), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pathlib.Path(os.environ["SSL_CERT_FILE"]).with_name("server.pem"))
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()

    def next(self, seconds, secret, signatures=1):
        """The next message: when it came, and its JSON. It must have a valid signature."""
        at, headers, body = self.messages.get(timeout=seconds)
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        key = base64.b64decode(secret.removeprefix("whsec_"))
        expected = base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
        given = headers["webhook-signature"].split(" ")
        assert f"v1,{expected}" in given and len(given) == signatures, given
        return at, json.loads(body)


if __name__ == "__main__":
    make_certificate(pathlib.Path(sys.argv[1]))
