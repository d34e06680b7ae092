"""Names of objects in stores that speak S3: ``s3://bucket/key``. No I/O.

The key is what stands behind the bucket's slash, as it stands: nothing in it is escaped. Nothing in
a name chooses a host: where the store is, the environment of the process says.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

SCHEME = "s3"

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_LONGEST_KEY_BYTES = 1_024


@dataclass(frozen=True, slots=True)
class ObjectName:
    """A bucket, and the key of an object or the beginning of several keys.

    Source of the rules: Amazon S3 User Guide, "Bucket naming rules" and "Object key naming".
    """

    bucket: str
    key: str

    @classmethod
    def of(cls, uri: str) -> ObjectName:
        """Read ``s3://bucket/key``.

        Raises
        ------
        ValueError
            When it is none; the message is the end of a sentence, and repeats nothing of it: what
            stands in place of a bucket may be a password.
        """
        scheme, _, rest = uri.partition("://")
        bucket, _, key = rest.partition("/")
        if scheme.lower() != SCHEME:
            raise ValueError("does not begin with s3://")
        if not _BUCKET.fullmatch(bucket) or ".." in bucket:
            raise ValueError("names no bucket: small letters, digits, dots and hyphens, 3 to 63")
        if len(key.encode("utf-8", "surrogatepass")) > _LONGEST_KEY_BYTES:
            raise ValueError(f"has a key of over {_LONGEST_KEY_BYTES} bytes")
        if any(part in (".", "..") for part in key.split("/")):
            raise ValueError(
                "has a key with '.' or '..' between slashes, which cannot be asked for"
            )
        return cls(bucket, key)

    @property
    def is_folder(self) -> bool:
        """Whether it stands for all objects whose keys begin with it."""
        return not self.key or self.key.endswith("/")

    def lies_below(self, other: ObjectName) -> bool:
        """Whether it is one of the objects that another name, taken for a folder, stands for."""
        folder = other.key if other.is_folder else f"{other.key}/"
        return self.bucket == other.bucket and self.key.startswith(folder)

    def __str__(self) -> str:
        return f"{SCHEME}://{self.bucket}/{self.key}"


def is_object_uri(uri: str) -> bool:
    """Whether a URI names an object, rightly or wrongly."""
    return uri[: len(SCHEME) + 3].lower() == f"{SCHEME}://"
