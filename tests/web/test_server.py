"""The server as a process of its own: where it listens, what it tells, and how it ends."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from sequent.cli.commands import ui as command
from sequent.cli.commands.ui import ui
from sequent.errors import UsageError
from tests.children import Child

LISTENS = "0A"


@pytest.fixture
def server(store, tmp_path):
    process = Child(
        [sys.executable, "-m", "sequent", "ui", "--no-open", "--store", str(tmp_path / "store.db")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    yield process
    process.kill()
    process.communicate()


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_a_browser_is_started_with_a_private_file_that_leads_to_the_pages_and_is_removed(store, tmp_path, end):
    browser = tmp_path / "browser.py"
    browser.write_text(
        "import html, os, re, stat, sys, urllib.request as web\n"
        "name = web.url2pathname(sys.argv[1].removeprefix('file://'))\n"
        "modes = [oct(stat.S_IMODE(os.stat(path).st_mode)) for path in (name, os.path.dirname(name))]\n"
        'address = html.unescape(re.search(\'href="([^"]*)"\', open(name).read())[1])\n'
        "opener = web.build_opener(web.HTTPCookieProcessor())\n"
        "print(opener.open(address).status, *modes, name, *sys.argv[1:], flush=True)\n"
    )
    process = Child(
        [sys.executable, "-m", "sequent", "ui", "--store", str(tmp_path / "store.db")],
        env={**os.environ, "BROWSER": f"{sys.executable} {browser} %s"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    address = process.stdout.readline().strip()
    assert address.startswith("http://")
    status, *modes, name, typed = process.stdout.readline().split()
    assert (status, modes) == ("200", ["0o600", "0o700"])
    assert typed == Path(name).as_uri()
    process.send_signal(end)
    process.communicate()
    assert process.returncode in (0, -signal.SIGTERM)
    assert not Path(name).parent.exists()


def listeners(process):
    """The addresses on which a process listens, as the system has them."""
    own = {path.readlink().name for path in Path(f"/proc/{process.pid}/fd").iterdir() if path.is_symlink()}
    rows = [
        line.split()
        for table in ("tcp", "tcp6")
        for line in Path(f"/proc/{process.pid}/net/{table}").read_text().splitlines()[1:]
    ]
    return [row[1] for row in rows if row[3] == LISTENS and f"socket:[{row[9]}]" in own]


def test_it_tells_its_address_and_only_that_opens_the_page_on_this_machine_alone(server):
    address = urlsplit(server.stdout.readline().strip())
    assert (address.scheme, address.hostname, address.path) == ("http", "127.0.0.1", "/")
    assert address.query.startswith("token=")
    assert listeners(server) == [f"0100007F:{address.port:04X}"]
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    with opener.open(address.geturl()) as answer:
        assert "There are no runs yet" in answer.read().decode()
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(f"http://127.0.0.1:{address.port}/")
    assert caught.value.code == 401
    caught.value.close()


def test_it_ends_as_it_is_interrupted_without_a_complaint(server):
    server.stdout.readline()
    server.send_signal(signal.SIGINT)
    _, told = server.communicate()
    assert server.returncode == 0
    assert "Traceback" not in told


def test_a_port_that_is_taken_is_told(store, tmp_path, sequent_options):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(UsageError) as caught:
            ui(port=taken.getsockname()[1], no_open=True, options=sequent_options)
    assert "Address already in use" in caught.value.message
    assert "--port" in caught.value.hint


@pytest.mark.parametrize("port", [-1, 65536])
def test_a_port_that_no_machine_has_is_told(port, sequent_options):
    with pytest.raises(UsageError, match="there is no port"):
        ui(port=port, options=sequent_options)


def test_without_its_packages_the_error_names_the_extra(monkeypatch, sequent_options):
    monkeypatch.setattr(command, "PACKAGES", ("starlette", "no_such_server"))
    with pytest.raises(UsageError) as caught:
        ui(options=sequent_options)
    assert caught.value.message == "the pages need the extra 'web'; missing: no_such_server"
    assert caught.value.hint == "install it: pip install 'sequent[web]'"
