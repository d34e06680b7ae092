"""What stands before every route: hosts, origins, sessions' header, headers of answers."""

import httpx
import pytest
from prometheus_client import REGISTRY

from page_client import OWNER, PAGE, TOKEN, page
from segue.web.boundary import Boundary
from segue.web.headers import SecurityHeaders


@pytest.mark.parametrize(
    "host",
    [
        "localhost:50056",
        "127.0.0.1:50056",
        "[::1]:50056",
        "192.168.7.3",
        "music.localhost",
        "a.test",
    ],
)
async def test_the_page_goes_by_numbers_local_names_and_named_hosts(tmp_path, host):
    async with page(tmp_path, web_hosts="A.test") as client:
        answer = await client.get("/healthz", headers={"Host": host})

    assert answer.status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "1.2.3.4.evil.example", "a b", "x@localhost"]
)
async def test_names_that_any_site_could_have_are_refused(tmp_path, host):
    async with page(tmp_path) as client:
        answer = await client.get("/", headers={"Host": host})

    assert answer.status_code == 421
    error = answer.json()["error"]
    assert error["reason"] == "HOST_UNKNOWN"
    assert "SEGUE_WEB_HOSTS" in error["next_step"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "http://localhost:1234"},
        {"Origin": "https://localhost:50056"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://localhost:50056"},
        {"Origin": "http://[::1"},
        {"Origin": "http://[localhost]:50056"},
    ],
)
async def test_foreign_pages_change_nothing_even_with_the_token(tmp_path, headers):
    async with page(tmp_path) as client:
        answer = await client.post(
            "/api/v1/session", json={"token": TOKEN}, headers={**headers, **PAGE, **OWNER}
        )

    assert answer.status_code == 403
    assert answer.json()["error"]["reason"] == "ORIGIN_FOREIGN"
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    "headers",
    [{}, {"Origin": "http://localhost:50056"}, {"Sec-Fetch-Site": "same-origin"}],
)
async def test_the_page_itself_and_programs_may(tmp_path, headers):
    async with page(tmp_path) as client:
        answer = await client.post(
            "/api/v1/session", json={"token": TOKEN}, headers={**headers, **PAGE}
        )

    assert answer.status_code == 200


async def test_every_answer_keeps_the_page_to_itself(tmp_path):
    async with page(tmp_path) as client:
        answers = [
            await client.get("/"),
            await client.get("/app/main.js"),
            await client.get("/nothing"),
            await client.get("/", headers={"Host": "evil.example"}),
            await client.get("/", headers={"Authorization": "Bearer wrong"}),
        ]

    assert [one.status_code for one in answers] == [200, 200, 404, 421, 401]
    for answer in answers:
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "microphone=(self)" in answer.headers["permissions-policy"]
        assert answer.headers["cross-origin-opener-policy"] == "same-origin"
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"


@pytest.mark.parametrize(
    ("method", "status", "reason"),
    [("GET", 503, "QUERY_UNAVAILABLE"), ("POST", 405, "METHOD_NOT_ALLOWED")],
)
async def test_operations_say_that_the_query_service_is_gone(tmp_path, method, status, reason):
    async with page(tmp_path) as client:
        answer = await client.request(method, "/api/v1/operations")

    assert (answer.status_code, answer.json()["error"]["reason"]) == (status, reason)


async def test_what_starlette_refuses_has_the_form_of_all_errors(tmp_path):
    async with page(tmp_path) as client:
        answer = await client.put("/api/v1/session")

    assert answer.status_code == 405
    assert answer.json()["error"]["reason"] == "METHOD_NOT_ALLOWED"
    assert "GET" in answer.headers["allow"]


def counted(route, status, caller):
    labels = {"route": route, "status": status, "caller": caller}
    return REGISTRY.get_sample_value("segue_web_requests_total", labels) or 0.0


async def test_requests_are_counted_by_route_and_never_by_what_clients_make_up(tmp_path):
    wanted = [
        ("/{name:path}", "200", "guest"),
        ("/{name:path}", "404", "guest"),
        ("/tracks/{track_id}", "503", "owner"),
        ("/session", "200", "guest"),
        ("none", "421", "nobody"),
    ]
    before = [counted(*one) for one in wanted]
    async with page(tmp_path) as client:
        await client.get("/app/main.js")
        await client.get("/made/up/by/somebody")
        await client.get("/api/v1/tracks/some-track", headers=OWNER)
        await client.get("/api/v1/session")
        await client.get("/", headers={"Host": "evil.example"})

    assert [counted(*one) - count for one, count in zip(wanted, before, strict=True)] == [1] * 5


async def test_what_nobody_expected_is_answered_and_logged(tmp_path, caplog):
    async def broken(scope, receive, send):
        raise ZeroDivisionError

    transport = httpx.ASGITransport(SecurityHeaders(Boundary(broken)))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        answer = await client.get("/")

    assert (answer.status_code, answer.json()["error"]["reason"]) == (500, "INTERNAL")
    assert "ZeroDivisionError" in caplog.text


@pytest.mark.parametrize(
    ("path", "status"), [("/rest/api/v1/similar", 403), ("/rest/rest/ping", 200)]
)
async def test_a_prefix_that_is_called_like_players_api_opens_nothing(tmp_path, path, status):
    headers = {"Origin": "http://evil.example"}
    async with page(tmp_path, web_prefix="/rest") as client:
        answer = await client.post(path, headers=headers)

    assert answer.status_code == status


async def test_players_that_are_pages_may_ask_below_two_prefixes(tmp_path):
    headers = {"Origin": "http://player.example", "X-Forwarded-Prefix": "/music"}
    async with page(tmp_path, web_prefix="/segue", web_proxies="192.0.2.0/24") as client:
        answer = await client.post("/segue/rest/ping", headers=headers)

    assert answer.status_code == 200
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
