"""The page behind real proxies, as the examples in deploy/proxies configure them.

HTTPS, a path of its own, two replicas: nothing is asked for by http, and a session that one replica
made holds at the other.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from contextlib import ExitStack

import pytest
from playwright.sync_api import expect

from segue.resources import resource_folder
from segue.sign_in_codes import sign_in_link
from segue.stack.ports import free_ports
from tls_server import certified
from waiting import answers, until

EXAMPLES = resource_folder("deploy/demo").parent / "proxies"
HOST = "localhost"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """Files with a certificate for this machine, and with its key."""
    folder = tmp_path_factory.mktemp("tls")
    made = certified(HOST)
    (folder / "certificate.pem").write_bytes(made.certificate)
    (folder / "key.pem").write_bytes(made.key)
    return folder / "certificate.pem", folder / "key.pem"


@pytest.fixture
def processes():
    """Start a process that ends with the test."""
    with ExitStack() as started:

        def start(command, log, **variables):
            output = started.enter_context(log.open("wb"))
            process = subprocess.Popen(
                command, env={**os.environ, **variables}, stdout=output, stderr=output
            )
            started.callback(process.wait)
            started.callback(process.terminate)
            return process

        yield start


@pytest.fixture
def replicas(page_stack, processes, tmp_path):
    """Start two more processes that serve the stack's page; their ports."""

    def start(prefix=""):
        ports = list(free_ports(2))
        for port in ports:
            processes(
                [sys.executable, "-m", "segue", "web"],
                tmp_path / f"web-{port}.log",
                SEGUE_WEB_LISTEN=f"127.0.0.1:{port}",
                SEGUE_WEB_QUERY=page_stack.address,
                SEGUE_WEB_FOLDER=str(page_stack.folder.web),
                SEGUE_OWNER_TOKEN_FILE=str(page_stack.folder.owner_token_file),
                SEGUE_WEB_PREFIX=prefix,
                SEGUE_WEB_PROXIES="127.0.0.1/32",
            )
        for port in ports:
            healthy = f"http://127.0.0.1:{port}{prefix}/healthz"
            until(answers, healthy, not_yet=OSError)
        return ports

    return start


def listens(port):
    with socket.create_connection((HOST, port), timeout=5):
        return True


def example(name, ports, changes):
    """An example of a configuration, with this test's places in it."""
    text = (EXAMPLES / name).read_text()
    places = {f"127.0.0.1:{50_056 + 100 * i}": f"127.0.0.1:{p}" for i, p in enumerate(ports)}
    for before, after in {**places, **changes}.items():
        assert before in text, before
        text = text.replace(before, after)
    return text


@pytest.fixture
def nginx(processes, replicas, certificate, tmp_path):
    """Address of the page behind nginx, which keeps the prefix."""
    if shutil.which("nginx") is None:
        pytest.skip("nginx is not installed (Debian: apt-get install nginx-light)")
    chain, key = certificate
    port = free_ports(1)[0]
    server = example(
        "nginx.conf",
        replicas("/segue"),
        {
            "listen 443 ssl": f"listen 127.0.0.1:{port} ssl",
            "music.example;": f"{HOST};",
            "/etc/ssl/music.example.pem": str(chain),
            "/etc/ssl/music.example.key": str(key),
        },
    )
    places = "".join(
        f"{kind}_temp_path {tmp_path}/{kind};"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (tmp_path / "nginx.conf").write_text(
        f"daemon off; pid {tmp_path}/nginx.pid; error_log {tmp_path}/errors.log;\n"
        f"worker_processes 1; events {{}}\nhttp {{ access_log off; {places}\n{server}\n}}\n"
    )
    processes(["nginx", "-c", str(tmp_path / "nginx.conf")], tmp_path / "nginx.log")
    until(listens, port, not_yet=OSError)
    return f"https://{HOST}:{port}/segue/"


@pytest.fixture
def caddy(processes, replicas, certificate, tmp_path):
    """Address of the page behind Caddy, which takes the prefix off."""
    if shutil.which("caddy") is None:
        pytest.skip("caddy is not installed (Debian: apt-get install caddy)")
    chain, key = certificate
    port = free_ports(1)[0]
    site = example(
        "Caddyfile",
        replicas(),
        {"music.example {": f"https://{HOST}:{port} {{\n\tbind 127.0.0.1\n\ttls {chain} {key}"},
    )
    options = "{\n\tadmin off\n\tauto_https disable_redirects\n}\n"
    (tmp_path / "Caddyfile").write_text(options + site)
    processes(
        ["caddy", "run", "--config", str(tmp_path / "Caddyfile")],
        tmp_path / "caddy.log",
        XDG_DATA_HOME=str(tmp_path / "caddy-data"),
        XDG_CONFIG_HOME=str(tmp_path / "caddy-config"),
    )
    until(listens, port, not_yet=OSError)
    return f"https://{HOST}:{port}/music/"


@pytest.mark.parametrize(("proxy", "path"), [("nginx", "/segue"), ("caddy", "/music")])
def test_the_page_works_behind_it(proxy, path, request, new_page, page_stack):
    address = request.getfixturevalue(proxy)
    link = sign_in_link(address, page_stack.token, time.time())
    # It fails where anything but this address is asked for, mixed content included.
    page = new_page(link.removeprefix(address), at=address, ignore_https_errors=True)
    expect(page.get_by_role("button", name="Owner: sign out")).to_be_visible()

    (cookie,) = page.context.cookies()
    assert cookie["name"].startswith("__Secure-segue-")
    assert cookie["secure"]
    assert cookie["path"] == path
    # Both replicas know the session, and take changes from this origin.
    asked = """async (number) => {
        const roles = [];
        for (let i = 0; i < number; i += 1) {
            roles.push((await (await fetch("api/v1/session")).json()).role);
        }
        const found = await fetch("api/v1/tracks:search", {
            method: "POST",
            headers: {"X-Segue-Page": "1", "Content-Type": "application/json"},
            body: JSON.stringify({query: "mountain"}),
        });
        const part = await fetch("api/v1/tracks/demo-ambient-1/audio", {
            headers: {Range: "bytes=0-99"},
        });
        return {roles, found: found.status, part: part.status, bytes: (await part.blob()).size};
    }"""
    told = page.evaluate(asked, 4)
    assert told == {"roles": ["owner"] * 4, "found": 200, "part": 206, "bytes": 100}


def test_a_client_behind_it_cannot_say_where_it_comes_from(nginx, page_stack, new_page):
    page = new_page(at=nginx, ignore_https_errors=True)
    answer = page.context.request.post(
        f"{nginx}api/v1/session",
        data={"token": page_stack.token},
        headers={
            "X-Segue-Page": "1",
            "X-Forwarded-Proto": "http",
            "X-Forwarded-Prefix": "/elsewhere",
            "X-Forwarded-Host": "evil.example",
        },
    )

    assert answer.status == 200
    assert "Path=/segue;" in answer.headers["set-cookie"]
    assert "Secure" in answer.headers["set-cookie"]
