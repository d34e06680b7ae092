import gzip
import re

from page_client import page


async def test_the_page_names_files_that_are_there_to_be_kept(tmp_path):
    async with page(tmp_path) as client:
        index = await client.get("/")
        names = re.findall(r'(?:href|src)="([^"]+)"', index.text)
        files = [await client.get(f"/{name}") for name in names]

    assert index.headers["cache-control"] == "no-cache"
    assert names
    for name, file in zip(names, files, strict=True):
        assert file.status_code == 200
        assert name.startswith("v/") == ("immutable" in file.headers["cache-control"])
    types = {file.headers["content-type"] for file in files}
    assert types >= {"text/javascript; charset=utf-8", "text/css; charset=utf-8"}


async def test_files_are_compressed_for_those_who_take_it(tmp_path):
    async with page(tmp_path) as client:
        packed = await client.get("/app/main.js")
        plain = await client.get("/app/main.js", headers={"Accept-Encoding": "identity"})

    assert packed.headers["content-encoding"] == "gzip"
    assert packed.text == plain.text
    assert "content-encoding" not in plain.headers
    assert packed.headers["etag"] != plain.headers["etag"]
    assert packed.headers["vary"] == "Accept-Encoding"
    assert int(packed.headers["content-length"]) < len(gzip.compress(plain.content, 1)) + 50


async def test_what_a_browser_has_is_not_sent_again(tmp_path):
    async with page(tmp_path) as client:
        first = await client.get("/style/base.css")
        again = await client.get(
            "/style/base.css", headers={"If-None-Match": f'"x", W/{first.headers["etag"]}'}
        )
        head = await client.head("/style/base.css")

    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == first.headers["content-length"]


async def test_nothing_else_of_the_disk_is_given(tmp_path):
    async with page(tmp_path) as client:
        for path in (
            *("/app", "/app/", "/v/", "/app/../page.py", "/%2e%2e/page.py", "/app%5Cmain.js"),
            *("//etc/passwd", "/index.html/", "/v/0000000000000000/app/main.js"),
        ):
            answer = await client.get(path)
            assert answer.status_code == 404, path
            assert answer.json()["error"]["reason"] == "ADDRESS_NOT_FOUND"
