import pytest
from starlette.datastructures import Headers

from page_client import PAGE, TOKEN, page
from segue.settings import InvalidSetting, WebSettings
from segue.web.proxies import Told, from_forwarded, from_x_forwarded

PROXY = {"web_proxies": "192.0.2.0/24", "web_hosts": "music.example"}
FORWARDED = {
    "X-Forwarded-For": "198.51.100.9",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "music.example",
    "X-Forwarded-Prefix": "/segue/",
}
SIGN_IN = {"json": {"token": TOKEN}}


async def test_a_named_proxy_is_believed(tmp_path):
    async with page(tmp_path, **PROXY) as client:
        answer = await client.post(
            "/api/v1/session",
            headers={**FORWARDED, **PAGE, "Origin": "https://music.example"},
            **SIGN_IN,
        )

    cookie = answer.headers["set-cookie"]
    assert answer.status_code == 200
    assert cookie.startswith("__Secure-segue-")
    assert all(word in cookie for word in ("Secure", "HttpOnly", "SameSite=strict", "Path=/segue;"))


async def test_nobody_else_is(tmp_path):
    async with page(tmp_path) as client:
        answer = await client.post("/api/v1/session", headers={**FORWARDED, **PAGE}, **SIGN_IN)

    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("segue-")
    assert "Path=/;" in cookie
    assert "Secure" not in cookie


async def test_a_cookie_of_the_whole_host_is_held_to_it(tmp_path):
    headers = {name: value for name, value in FORWARDED.items() if "Prefix" not in name}
    async with page(tmp_path, **PROXY) as client:
        answer = await client.post("/api/v1/session", headers={**headers, **PAGE}, **SIGN_IN)

    assert answer.headers["set-cookie"].startswith("__Host-segue-")


async def test_a_host_that_a_proxy_tells_has_to_be_known_too(tmp_path):
    async with page(tmp_path, **PROXY) as client:
        answer = await client.get("/", headers={**FORWARDED, "X-Forwarded-Host": "evil.example"})

    assert answer.status_code == 421


@pytest.mark.parametrize("path", ["/segue", "/segue/"])
async def test_everything_lies_below_a_prefix_that_the_proxy_keeps(tmp_path, path):
    async with page(tmp_path, web_prefix="/segue") as client:
        answer = await client.get(path)
        outside = await client.get("/")
        health = await client.get("/segue/healthz")

    if path.endswith("/"):
        assert answer.headers["content-type"].startswith("text/html")
    else:
        assert (answer.status_code, answer.headers["location"]) == (308, "/segue/")
    assert outside.status_code == 404
    assert health.text == "ok\n"


@pytest.mark.parametrize(
    ("headers", "told"),
    [
        ({}, Told()),
        ({"X-Forwarded-Proto": "gopher", "X-Forwarded-Host": "a b"}, Told()),
        ({"X-Forwarded-Prefix": "//evil.example"}, Told()),
        ({"X-Forwarded-Prefix": "/a b"}, Told()),
        ({"X-Forwarded-Proto": "http, HTTPS"}, Told(scheme="https")),
        (
            {"X-Forwarded-For": "198.51.100.9:4711, [2001:db8::1]:80, unknown"},
            Told(("198.51.100.9", "2001:db8::1", "")),
        ),
    ],
)
def test_what_the_usual_headers_say(headers, told):
    assert from_x_forwarded(Headers(headers)) == told


def test_what_the_header_of_the_standard_says():
    header = 'for=198.51.100.9;proto=http, For="[2001:db8::1]:80";Proto=https;host="a.example:8443"'

    assert from_forwarded(Headers({"forwarded": header})) == Told(
        ("198.51.100.9", "2001:db8::1"), "https", "a.example:8443"
    )


@pytest.mark.parametrize(
    "bad", [{"web_proxies": "nowhere"}, {"web_prefix": "segue"}, {"web_prefix": "/a//b"}]
)
def test_settings_that_make_no_sense_are_refused(bad):
    with pytest.raises(InvalidSetting):
        WebSettings(**bad)
