"""``python -m segue.web.api.description DESCRIPTORS openapi.json``: see the package."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from google.protobuf import descriptor_pb2

from segue.web.api.description.document import document


def main(descriptors: Path, target: Path) -> None:
    """Write the description of the API.

    Parameters
    ----------
    descriptors
        What ``protoc --descriptor_set_out --include_source_info`` wrote of all protos.
    """
    files = descriptor_pb2.FileDescriptorSet.FromString(descriptors.read_bytes())
    written = json.dumps(document(files), indent=1, ensure_ascii=False)
    target.write_text(f"{written}\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
