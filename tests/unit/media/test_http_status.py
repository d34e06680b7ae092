"""What HTTP statuses say of a source."""

from __future__ import annotations

from segue.media.http_status import may_pass


def test_only_what_is_about_now_may_pass() -> None:
    assert all(may_pass(status) for status in (408, 425, 429, 500, 502, 503, 504, 599))
    assert not any(may_pass(status) for status in (200, 301, 400, 401, 403, 404, 410, 451))
