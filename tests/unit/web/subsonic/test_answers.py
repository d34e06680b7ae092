"""One answer as JSON and as XML."""

from __future__ import annotations

import json
from xml.etree import ElementTree

from segue.web.subsonic import answers
from segue.web.subsonic.errors import Code

NAMESPACE = "{http://subsonic.org/restapi}"


def test_json_has_the_envelope_and_keeps_lists() -> None:
    response = answers.answer({"albumList2": {"album": [{"id": "al-1"}]}}, as_json=True)
    read = json.loads(response.body)["subsonic-response"]
    assert (read["status"], read["version"], read["type"]) == ("ok", "1.16.1", "segue")
    assert read["openSubsonic"] is True
    assert read["albumList2"] == {"album": [{"id": "al-1"}]}


def test_xml_writes_values_objects_lists_and_texts() -> None:
    payload = {
        "genres": {"genre": [{"value": "r&b <3", "songCount": 1}]},
        "sonicMatch": [{"entry": {"id": 'tr-"1"', "isDir": False}, "similarity": 0.5}],
        "empty": {"of": []},
        "odd": "a\x0b\ufffe\U0001f600",
    }
    response = answers.answer(payload, as_json=False)
    assert response.headers["content-type"] == "text/xml; charset=utf-8"
    root = ElementTree.fromstring(response.body)
    assert (root.get("status"), root.get("openSubsonic")) == ("ok", "true")
    genre = root.find(f"{NAMESPACE}genres/{NAMESPACE}genre")
    assert genre is not None
    assert (genre.text, genre.attrib) == ("r&b <3", {"songCount": "1"})
    entry = root.find(f"{NAMESPACE}sonicMatch/{NAMESPACE}entry")
    assert entry is not None
    assert entry.attrib == {"id": 'tr-"1"', "isDir": "false"}
    assert root.findtext(f"{NAMESPACE}sonicMatch/{NAMESPACE}similarity") == "0.5"
    empty = root.find(f"{NAMESPACE}empty")
    assert empty is not None
    assert len(empty) == 0
    assert root.get("odd") == "a\ufffd\ufffd\U0001f600"


def test_failures_have_a_code_and_the_status_of_an_answer() -> None:
    response = answers.failure(Code.NOT_FOUND, 'no "x" & <y>', as_json=False)
    root = ElementTree.fromstring(response.body)
    error = root.find(f"{NAMESPACE}error")
    assert error is not None
    assert (response.status_code, root.get("status")) == (200, "failed")
    assert error.attrib == {"code": "70", "message": 'no "x" & <y>'}
