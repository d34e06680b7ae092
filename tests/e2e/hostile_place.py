"""A web server that misbehaves, and remembers what it was asked for."""

from __future__ import annotations

import contextlib
import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class HostilePlace:
    """Serves on two addresses of the loopback.

    ``/audio`` answers with ``content``, ``/trickle`` gives a byte now and then, ``/to?URL`` leads
    there, anything else is missing.

    Attributes
    ----------
    asked
        Address and path of every request.
    """

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.asked: list[tuple[str, str]] = []
        self.port = 0
        self._over = threading.Event()

    @contextmanager
    def serving(self, *addresses: str) -> Iterator[HostilePlace]:
        """Serve on these addresses, all on one port."""
        servers: list[http.server.ThreadingHTTPServer] = []
        with contextlib.ExitStack() as stack:
            stack.callback(self._over.set)
            for address in addresses:
                server = http.server.ThreadingHTTPServer((address, self.port), self._handler())
                self.port = server.server_port
                servers.append(server)
                stack.callback(server.server_close)
                stack.callback(server.shutdown)
                threading.Thread(target=server.serve_forever, daemon=True).start()
            # Trickles end before their servers are waited for.
            stack.callback(self._over.set)
            yield self

    def _handler(self) -> type[http.server.BaseHTTPRequestHandler]:
        place = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                place.asked.append((str(self.server.server_address[0]), self.path))
                if self.path.startswith("/audio"):
                    self.send_response(200)
                    self.send_header("Content-Length", str(len(place.content)))
                    self.end_headers()
                    self.wfile.write(place.content)
                elif self.path.startswith("/trickle"):
                    self.send_response(200)
                    self.end_headers()
                    with contextlib.suppress(OSError):
                        while not place._over.wait(0.2):
                            self.wfile.write(b"x")
                elif self.path.startswith("/to?"):
                    self.send_response(302)
                    self.send_header("Location", self.path.partition("?")[2])
                    self.end_headers()
                else:
                    self.send_error(404)

            def log_message(self, *_: object) -> None:
                pass

        return Handler
