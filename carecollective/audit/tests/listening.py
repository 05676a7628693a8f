"""Where entries are sent to, as a real server on loopback: syslog over TCP or TLS, a socket of the machine, https."""

import json
import re
import socket
import ssl
import threading
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from carecollective.tests.waiting import PATIENCE

HERE = "127.0.0.1"


def certificate(folder):
    """A certificate for this machine that nobody signed, in one file with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a sink of a test")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(HERE))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    file = folder / "sink.pem"
    file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return file


def speaks_tls(file):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


class Heard:
    """What came, in its order, and what an https server answers."""

    def __init__(self):
        self.lines, self.headers, self.paths, self.status = [], [], [], 200

    @property
    def said(self):
        return [json.loads(line[line.index("{") :]) for line in self.lines]


@contextmanager
def syslog(tls=None):
    """(its port, what it hears)"""
    heard, listener = Heard(), socket.create_server((HERE, 0))

    def serve():
        while True:
            try:
                connected, _ = listener.accept()
            except OSError:
                return
            encrypted = suppress(ssl.SSLError)  # of a client that does not trust it
            with encrypted, tls.wrap_socket(connected, server_side=True) if tls else connected as reading:
                reading.settimeout(PATIENCE)
                heard.lines += _frames(_all_of(reading))

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1], heard
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(PATIENCE)


def _all_of(reading):
    parts = []
    while part := reading.recv(65536):
        parts.append(part)
    return b"".join(parts)


def _frames(sent):
    """Each message has its length before it (RFC 6587)."""
    lines = []
    while sent:
        length, _, sent = sent.partition(b" ")
        lines.append(sent[: int(length)].decode())
        sent = sent[int(length) :]
    return lines


@contextmanager
def unix_socket(folder):
    path, heard = folder / "log", Heard()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(path))
        listener.settimeout(PATIENCE)
        heard.next = lambda: heard.lines.append(listener.recv(65536).decode())
        yield path, heard


@contextmanager
def https(tls):
    heard = Heard()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            heard.headers.append(dict(self.headers))
            heard.paths.append(self.path)
            if heard.status == 200:
                heard.lines += [json.dumps(each) for each in json.loads(body)]
            self.send_response(heard.status)
            if 300 <= heard.status < 400:
                self.send_header("Location", re.sub("/audit.*", "/elsewhere", self.path))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer((HERE, 0), Handler)
    server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_port, heard
    finally:
        server.shutdown()
        server.server_close()
        thread.join(PATIENCE)
