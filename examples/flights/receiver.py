"""An HTTP server that keeps the files that it gets, and the client that sends them."""

import hashlib
import threading
import urllib.request
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Self


class Inbox(BaseHTTPRequestHandler):
    """Stores what is put to it, and answers with its digest."""

    def __init__(self, folder: Path, *args: object) -> None:
        self.folder = folder
        super().__init__(*args)  # type: ignore[arg-type]  # what the server hands on

    def do_PUT(self) -> None:
        """Keep one file."""
        content = self.rfile.read(int(self.headers["Content-Length"]))
        (self.folder / Path(self.path).name).write_bytes(content)
        digest = hashlib.sha256(content).hexdigest().encode()
        self.send_response(201)
        self.send_header("Content-Length", str(len(digest)))
        self.end_headers()
        self.wfile.write(digest)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the signature of http.server
        """Stay silent: the sender says what was sent."""


class Receiver:
    """The server, on a free port of this machine, for as long as the ``with`` lasts."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Inbox, folder))
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})

    def __enter__(self) -> Self:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    def send_all(self, folder: Path) -> int:
        """Send every file of a directory. Gives how many there were."""
        files = sorted(folder.glob("*.csv"))
        for file in files:
            self.send(file)
        print(f"{len(files)} files sent to port {self.server.server_port}")
        return len(files)

    def send(self, file: Path) -> None:
        """Send one file, and see that it arrived whole."""
        content = file.read_bytes()
        url = f"http://127.0.0.1:{self.server.server_port}/{file.name}"
        request = urllib.request.Request(url, data=content, method="PUT")
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - always http
            digest = answer.read().decode()
        if digest != hashlib.sha256(content).hexdigest():
            message = f"{file.name} did not arrive as it was sent"
            raise ConnectionError(message)
