"""A real nginx with the configuration that deploy/ ships, on loopback, with a certificate of its
own; and one that stands for a host of static files.
"""

import http.client
import json
import os
import socket
import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from scripts.ports import free_port
from scripts.test_programs import brought_file
from tests.acceptance.processes import ROOT
from tests.patience import HANG_SECONDS, wait_until
from tests.programs import path_of

NAME = "motherhaven.example.com"
SHIPPED = ROOT / "deploy" / "nginx" / "motherhaven.conf"

_AROUND = """
daemon off;
master_process on;
{user}
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 256; }}
http {{
    include {mime};
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {content}
}}
"""

_STATIC = """
server {{
    listen 127.0.0.1:{port} ssl;
    ssl_certificate {folder}/cert.pem;
    ssl_certificate_key {folder}/key.pem;
    root {page};
    location /api/ {{
        proxy_pass http://127.0.0.1:{server};
        proxy_http_version 1.1;
        proxy_set_header Host api.example.com;
        proxy_set_header X-Forwarded-Host $http_host;
        proxy_set_header X-Forwarded-For $remote_addr;
        proxy_set_header X-Forwarded-Proto https;
    }}
    location / {{ try_files $uri $uri.html =404; }}
}}
"""


def certificate(folder: Path) -> Path:
    """A self-signed certificate for NAME and localhost, made by openssl."""
    key, cert = folder / "key.pem", folder / "cert.pem"
    command = [path_of("openssl"), "req", "-x509", "-newkey", "ec", "-nodes", "-days", "2"]
    command += ["-pkeyopt", "ec_paramgen_curve:P-256", "-subj", f"/CN={NAME}", "-keyout", str(key)]
    command += ["-addext", f"subjectAltName=DNS:{NAME},DNS:localhost", "-out", str(cert)]
    subprocess.run(command, check=True, capture_output=True)
    return cert


def shipped(folder: Path, server: int, plain: int, tls: int) -> str:
    """deploy/nginx/motherhaven.conf with this machine's ports and certificate, else untouched."""
    text = SHIPPED.read_text(encoding="utf-8")
    live = f"/etc/letsencrypt/live/{NAME}"
    for old, new in (
        ("127.0.0.1:3000", f"127.0.0.1:{server}"),
        ("listen 80;", f"listen 127.0.0.1:{plain};"),
        ("listen 443 ssl;", f"listen 127.0.0.1:{tls} ssl;"),
        ("    listen [::]:80;\n", ""),
        ("    listen [::]:443 ssl;\n", ""),
        (f"{live}/fullchain.pem", f"{folder}/cert.pem"),
        (f"{live}/privkey.pem", f"{folder}/key.pem"),
    ):
        assert text.count(old) == 1, f"{SHIPPED.name} no longer has {old!r} once"
        text = text.replace(old, new)
    return text


def static_host(folder: Path, server: int, tls: int, page: Path) -> str:
    """A host of static files that passes /api/ on, as vercel.json and netlify.toml ask for."""
    return _STATIC.format(folder=folder, server=server, port=tls, page=page)


class Nginx:
    """nginx with this content of its http block, until the context ends."""

    def __init__(self, folder: Path, content: str, port: int) -> None:
        places = ("/etc/nginx/mime.types", "/usr/local/etc/nginx/mime.types")
        found = (brought_file(one) for one in places)
        mime = next((one for one in found if one.exists()), "mime.types")
        user = "user root;" if hasattr(os, "geteuid") and os.geteuid() == 0 else ""
        self.folder = folder
        self._port = port
        config = folder / "nginx.conf"
        config.write_text(_AROUND.format(folder=folder, content=content, user=user, mime=mime))
        errors = ["-e", f"{folder}/error.log"]
        self._command = [path_of("nginx"), "-p", str(folder), *errors, "-c", str(config)]
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(self._command, stderr=subprocess.PIPE)
        try:
            wait_until(self._listens, "nginx on its port")
        except BaseException:
            self.__exit__()
            raise
        return self

    def _listens(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, (self.folder / "error.log").read_text()
        try:
            socket.create_connection(("127.0.0.1", self._port), timeout=HANG_SECONDS).close()
        except OSError:
            return False
        return True

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.communicate(timeout=HANG_SECONDS)


@dataclass(frozen=True)
class Visitor:
    """Speaks HTTPS to nginx under NAME, trusting the test's certificate alone."""

    port: int
    cert: Path

    def connect(self) -> http.client.HTTPSConnection:
        """A new connection, its certificate checked against NAME."""
        context = ssl.create_default_context(cafile=str(self.cert))
        connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=HANG_SECONDS)
        raw = socket.create_connection(("127.0.0.1", self.port), timeout=HANG_SECONDS)
        connection.sock = context.wrap_socket(raw, server_hostname=NAME)
        return connection

    def ask(
        self, method: str, path: str, body: Any = None, **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        """Status, headers (names in lower case) and body."""
        given = {"Host": NAME, **{name.replace("_", "-"): v for name, v in headers.items()}}
        data = body if isinstance(body, str | None) else json.dumps(body)
        if data is not None:
            given.setdefault("Content-Type", "application/json")
        connection = self.connect()
        try:
            connection.request(method, path, data, given)
            answer = connection.getresponse()
            read = answer.read()
            return answer.status, {k.lower(): v for k, v in answer.getheaders()}, read
        finally:
            connection.close()


def ports() -> tuple[int, int]:
    """Two free ports."""
    return free_port(), free_port()
