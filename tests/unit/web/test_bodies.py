"""How large bodies may be and how slowly they may travel; over a real server where that matters."""

import asyncio
import socket
from contextlib import asynccontextmanager, suppress

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from page_client import page
from segue.errors import Overloaded, SegueError
from segue.limits import LARGEST_REQUEST_BYTES
from segue.settings import WebSettings
from segue.web.bodies import MOST_BODIES, Bodies, BodyPlaces
from segue.web.callers import OWNER, Role, WebCaller
from segue.web.connections import bounded_protocol
from segue.web.problems import answer_error

SOON = 0.3
LONG = 60.0


async def count(request: Request):
    return PlainTextResponse(str(len(await request.body())))


async def endless(request: Request):
    async def pieces():
        while True:
            yield b"x" * 65_536
            await asyncio.sleep(0)  # sending to who has gone takes no time

    return StreamingResponse(pieces())


async def large(request: Request):
    return Response(bytes(16_000_000))


class Known:
    """Middleware that says who asks for what, as the page's own does."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        scope.setdefault("state", {}).update(caller=OWNER, path=scope["path"])
        await self.app(scope, receive, send)


def small_page(idle_seconds=SOON):
    app = Starlette(
        routes=[
            Route("/{name:path}", count, methods=["POST"]),
            Route("/endless", endless),
            Route("/large", large),
        ],
        exception_handlers={SegueError: answer_error},
    )
    app.add_middleware(Bodies, largest_upload_bytes=5_000_000, idle_seconds=idle_seconds)
    app.add_middleware(Known)
    return app


@asynccontextmanager
async def served(app, head_seconds=SOON, **settings):
    """The port of a real server."""
    bounds = WebSettings(**{"web_idle_seconds": SOON, **settings})
    protocol = bounded_protocol(bounds, head_seconds=head_seconds)
    config = uvicorn.Config(app, port=0, http=protocol, lifespan="off", log_config=None, ws="none")
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    await task


async def asked(port, request):
    """What a server says until it closes the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    answer = b""
    with suppress(ConnectionError):
        answer = await reader.read()
    writer.close()
    return answer


async def test_a_body_that_says_it_is_too_large_is_not_read(tmp_path):
    async with page(tmp_path) as client:
        answer = await client.post("/api/v1/session", content=b"x" * (LARGEST_REQUEST_BYTES + 1))

    assert answer.status_code == 413
    assert answer.json()["error"]["reason"] == "BODY_TOO_LARGE"


async def test_so_is_one_that_becomes_too_large(tmp_path):
    async def pieces():
        for _ in range(LARGEST_REQUEST_BYTES // 65_536 + 1):
            yield b"x" * 65_536

    async with page(tmp_path) as client:
        answer = await client.post(
            "/api/v1/session", content=pieces(), headers={"X-Segue-Page": "1"}
        )

    assert answer.status_code == 413


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("api/v1/uploads", 5_000_000),
        ("x", LARGEST_REQUEST_BYTES),
        ("rest/uploads", LARGEST_REQUEST_BYTES),  # reads its body whole, whatever it is called
    ],
)
async def test_uploads_may_be_larger_than_other_requests(path, most):
    head = (
        b"POST /%s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
    )
    async with served(small_page()) as port:
        fits = await asked(port, head % (path.encode(), most) + b"x" * most)
        refused = await asked(port, head % (path.encode(), most + 1))

    assert fits.endswith(str(most).encode())
    assert refused.startswith(b"HTTP/1.1 413")


async def test_a_body_that_stands_still_is_given_up():
    async with served(small_page()) as port:
        answer = await asked(
            port,
            b"POST /x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
            b"Content-Length: 9\r\n\r\nslow",
        )

    assert answer.startswith(b"HTTP/1.1 408")
    assert b"REQUEST_STALLED" in answer


async def test_a_head_that_stands_still_is_given_up():
    async with served(small_page()) as port:
        assert await asked(port, b"") == b""
        assert await asked(port, b"GET / HTTP/1.1\r\nHost: loc") == b""


async def connected(port, path, machine="127.0.0.1"):
    """A socket with little room for an answer that it has asked for."""
    taking = socket.socket()
    taking.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    taking.setblocking(False)
    taking.bind((machine, 0))
    loop = asyncio.get_running_loop()
    await loop.sock_connect(taking, ("127.0.0.1", port))
    await loop.sock_sendall(taking, b"GET %s HTTP/1.1\r\nHost: a\r\n\r\n" % path.encode())
    return taking


@pytest.mark.parametrize("path", ["/endless", "/large"])
@pytest.mark.parametrize("bytes_at_once", [0, 1, 20])
async def test_who_takes_an_answer_in_too_slowly_is_let_go(path, bytes_at_once):
    loop = asyncio.get_running_loop()
    async with served(small_page()) as port:
        with await connected(port, path) as taking:
            taken = 0
            for _ in range(40):  # a few bytes in each of many spans
                await asyncio.sleep(SOON / 6)
                if bytes_at_once:
                    taken += len(await loop.sock_recv(taking, bytes_at_once))
            with suppress(ConnectionError):  # an endless answer that ends
                while more := len(await asyncio.wait_for(loop.sock_recv(taking, 1 << 20), 20)):
                    taken += more
    assert taken < 16_000_000


async def test_who_takes_it_in_fast_enough_is_not():
    loop = asyncio.get_running_loop()
    async with served(small_page()) as port:
        with await connected(port, "/endless") as taking:
            for _ in range(40):
                await asyncio.sleep(SOON / 6)
                assert await loop.sock_recv(taking, 1 << 16)


async def test_an_answer_that_comes_slowly_is_not_taken_in_slowly():
    async def slow(request: Request):
        async def pieces():
            for _ in range(12):
                await asyncio.sleep(SOON / 3)
                yield b"x"

        return StreamingResponse(pieces())

    async with served(Starlette(routes=[Route("/", slow)])) as port:
        answer = await asked(port, b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    assert answer.count(b"\r\nx\r\n") == 12
    assert answer.endswith(b"0\r\n\r\n")


async def test_a_body_that_comes_byte_by_byte_is_given_up():
    async with served(small_page()) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"POST /api/v1/uploads HTTP/1.1\r\nHost: a\r\nContent-Length: 999\r\n\r\n")
        sending = asyncio.create_task(drip(writer))
        answer = await asyncio.wait_for(reader.readuntil(b"}}"), 20)
        sending.cancel()
        writer.close()

    assert answer.startswith(b"HTTP/1.1 408")
    assert b"bytes come in a second" in answer


async def drip(writer):
    while True:
        writer.write(b"x")
        await asyncio.sleep(SOON / 10)


async def test_one_machine_has_half_of_the_connections():
    async with served(small_page(), web_most_connections=4) as port:
        held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(2)]
        refused = await asked(port, b"POST / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        for _, writer in held:
            writer.close()

    assert refused == b""


async def test_a_proxy_brings_as_many_as_there_are():
    request = b"POST /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
    async with served(small_page(), web_most_connections=4, web_proxies="127.0.0.0/8") as port:
        held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(3)]
        answer = await asked(port, request)
        for _, writer in held:
            writer.close()

    assert answer.startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    "said", [b"", b"GET / HT", b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n"]
)
async def test_who_holds_all_connections_and_says_nothing_keeps_nobody_out(said):
    request = b"POST /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
    settings = {"web_most_connections": 4, "web_idle_seconds": LONG}
    async with served(small_page(LONG), head_seconds=LONG, **settings) as port:
        held = []
        for machine in ("127.0.0.2", "127.0.0.3") * 2:
            opened = await asyncio.open_connection("127.0.0.1", port, local_addr=(machine, 0))
            opened[1].write(said)
            held.append(opened)
        answers = [await asked(port, request) for _ in range(3)]
        closed = b""
        with suppress(ConnectionError):
            closed = await held[0][0].read()
        for _, writer in held:
            writer.close()

    assert [answer[:12] for answer in answers] == 3 * [b"HTTP/1.1 200"]
    assert closed == b""


@pytest.mark.parametrize("path", ["/endless", "/large"])
async def test_who_holds_all_connections_and_takes_hardly_anything_in_keeps_nobody_out(path):
    request = b"POST /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
    settings = {"web_most_connections": 4, "web_idle_seconds": 6.0}
    loop = asyncio.get_running_loop()
    async with served(small_page(LONG), head_seconds=LONG, **settings) as port:
        held = [await connected(port, path, f"127.0.0.{2 + number % 2}") for number in range(4)]
        for _ in range(25):  # more than is ended for its pace
            await asyncio.sleep(0.1)
            for taking in held:
                await loop.sock_recv(taking, 800)
        answers = [await asked(port, request) for _ in range(3)]
        for taking in held:
            taking.close()

    assert [answer[:12] for answer in answers] == 3 * [b"HTTP/1.1 200"]


async def test_an_answer_that_is_on_its_way_does_not_give_way():
    settings = {"web_most_connections": 4, "web_idle_seconds": LONG}
    async with served(small_page(LONG), head_seconds=LONG, **settings) as port:
        listening = []
        for machine in ("127.0.0.2", "127.0.0.3") * 2:
            opened = await asyncio.open_connection("127.0.0.1", port, local_addr=(machine, 0))
            opened[1].write(b"GET /endless HTTP/1.1\r\nHost: a\r\n\r\n")
            await opened[0].readexactly(65_536)
            listening.append(opened)
        refused = await asked(port, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        for reader, writer in listening:
            await reader.readexactly(8 * 65_536)
            writer.close()

    assert refused == b""


def test_guests_leave_places_to_the_owner_and_to_each_other():
    places = BodyPlaces(MOST_BODIES)
    one, other = (WebCaller(Role.GUEST, machine=name) for name in ("a", "b"))
    held = []

    def take_all(caller):
        before = len(held)
        with suppress(Overloaded):
            while True:
                place = places.taken(caller)
                place.__enter__()
                held.append(place)
        return len(held) - before

    assert [take_all(caller) for caller in (one, other, OWNER)] == [12, 12, 8]
    while held:
        held.pop().__exit__(None, None, None)
    assert take_all(OWNER) == MOST_BODIES
