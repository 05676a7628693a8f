"""nginx on loopback, as deploy/nginx.conf says it, but for ports, paths and the certificate."""

import contextlib
import os
import re
import shutil
import socket
import ssl
import subprocess
from pathlib import Path

import pytest

from carecollective.tests.ports import free_port
from carecollective.tests.waiting import PATIENCE, eventually

KIT = Path(__file__).resolve().parents[2] / "deploy"
HOST = "care.example.org"
BEHIND_IT = {"PUBLIC_URL": f"https://{HOST}", "ALLOWED_HOSTS": HOST, "NUM_PROXIES": "1"}


def program(name, package):
    """Its path. CI has them all, so there a missing one is a failure."""
    found = shutil.which(name, path="/usr/bin:/bin:/usr/sbin:/sbin:/usr/local/bin")
    assert found or os.environ.get("CI") != "true", f"apt-get install {package}"
    return found or pytest.skip(f"no {name} on this machine: apt-get install {package}")


def run(*command, **options):
    ended = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, **options)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout + ended.stderr


@contextlib.contextmanager
def nginx(folder, *, pages, sockets):
    """Its port and its process, in front of these ports: two of pages, and one of sockets. `folder` takes its files."""
    program_of_nginx, port = program("nginx", "nginx-light"), free_port()
    run(program("openssl", "openssl"), "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
        "-subj", f"/CN={HOST}", "-keyout", f"{folder}/privkey.pem", "-out", f"{folder}/fullchain.pem")  # fmt: skip
    written = (KIT / "nginx.conf").read_text()
    for old, new in {
        "127.0.0.1:8001": f"127.0.0.1:{pages[0]}",
        "127.0.0.1:8003": f"127.0.0.1:{pages[1]}",
        "127.0.0.1:8002": f"127.0.0.1:{sockets}",
        "/etc/letsencrypt/live/care.example.org": str(folder),
        "/var/log/care/nginx.log": str(folder / "care.log"),
        "listen 443": f"listen 127.0.0.1:{port}",
        "listen 80;": f"listen 127.0.0.1:{free_port()};",
    }.items():
        assert old in written
        written = written.replace(old, new)
    written = re.sub(r"^ *listen \[::\].*\n", "", written, flags=re.M)  # not every machine has an IPv6
    (folder / "care.conf").write_text(written)
    (folder / "nginx.conf").write_text(
        f"daemon off; pid {folder}/pid; error_log {folder}/error.log;\nevents {{}}\n"
        + "http {\n"
        + "".join(f"{kind}_temp_path {folder}/{kind};\n" for kind in ("proxy", "fastcgi", "uwsgi", "scgi"))
        + f"client_body_temp_path {folder}/body;\ninclude {folder}/care.conf;\n}}\n"
    )
    start = [program_of_nginx, "-p", str(folder), "-c", str(folder / "nginx.conf")]
    run(*start, "-t")
    process = subprocess.Popen(start)
    try:
        eventually(lambda: _answers(port))
        yield port, process
    finally:
        process.terminate()
        process.wait(PATIENCE)


def _answers(port):
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True


def trusting() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context
