"""Write ``schemas.json`` anew from a checkout of the specification.

    python tests/open_subsonic/vendor.py FOLDER COMMIT

Taken are the answers in JSON of all methods that are answered, in one document; what says nothing
to a validator (descriptions, examples, links) is left out.
"""

from __future__ import annotations

import json
import posixpath
import sys
from pathlib import Path

from segue.web.subsonic.table import EXTENSIONS, METHODS

SILENT = ("description", "externalDocs", "example", "examples")


def main(checkout: Path, commit: str) -> None:
    """Read the checkout; names of schemas are those of their files, each of which is there once."""
    schemas: dict[str, object] = {}

    def take(path: str) -> str:
        name = posixpath.basename(path).removesuffix(".json")
        if name not in schemas:
            schemas[name] = None
            read = json.loads((checkout / path).read_text("utf-8"))
            schemas[name] = kept(read, posixpath.dirname(path))
        return f"#/schemas/{name}"

    def kept(value: object, folder: str, *, names: bool = False) -> object:
        """A part of a schema; ``names``: its keys are names of fields, not words of schemas."""
        if isinstance(value, list):
            return [kept(one, folder) for one in value]
        if not isinstance(value, dict):
            return value
        if "$ref" in value:
            return {"$ref": take(posixpath.normpath(posixpath.join(folder, value["$ref"])))}
        return {
            key: kept(one, folder, names=key == "properties")
            for key, one in value.items()
            if names or key not in SILENT
        }

    answers = {}
    for method in sorted((*METHODS, EXTENSIONS)):
        folder = "openapi/endpoints"
        endpoint = json.loads((checkout / folder / f"{method}.json").read_text("utf-8"))
        answer = endpoint["get"]["responses"]["200"]
        if "$ref" in answer:
            path = posixpath.normpath(posixpath.join(folder, answer["$ref"]))
            folder, answer = posixpath.dirname(path), json.loads((checkout / path).read_text())
        content = answer.get("content", {}).get("application/json")
        if content is not None:
            answers[method] = kept(content["schema"], folder)
    document = {"commit": commit, "answers": answers, "schemas": dict(sorted(schemas.items()))}
    text = json.dumps(document, indent=1, sort_keys=True)
    Path(__file__).with_name("schemas.json").write_text(f"{text}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
