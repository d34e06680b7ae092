"""An object store that speaks S3 (AWS, MinIO, Garage, R2): URLs that fetch objects, and lists.

botocore signs and lists. It can ask for every key that a store may hold; others refuse empty parts
(``a//b``) and lose slashes at either end. The bytes are fetched by whoever fetches other URLs.

Where the store is and who asks is in the environment alone, by the variables of AWS; files of
credentials and the metadata services of clouds are not asked.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from segue.errors import SourceError, SourceNotReadable, SourceUnavailable
from segue.media.http_status import may_pass
from segue.object_names import ObjectName

EXTRA = "segue[s3]"

_LIST_TRIES = 4


@dataclass(frozen=True, slots=True)
class StoreAccess:
    """Where an object store is, and who asks.

    Attributes
    ----------
    endpoint
        URL of the store; empty: AWS.
    """

    endpoint: str = ""
    region: str = "us-east-1"
    access_key: str = field(default="", repr=False)
    secret_key: str = field(default="", repr=False)
    session_token: str = field(default="", repr=False)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> StoreAccess:
        """Read the variables of AWS: ``AWS_ACCESS_KEY_ID``, ``AWS_ENDPOINT_URL`` and the like.

        Raises
        ------
        SourceNotReadable
            When they name nobody.
        """
        variables = os.environ if environment is None else environment
        access = cls(
            variables.get("AWS_ENDPOINT_URL_S3") or variables.get("AWS_ENDPOINT_URL") or "",
            variables.get("AWS_REGION") or variables.get("AWS_DEFAULT_REGION") or "us-east-1",
            variables.get("AWS_ACCESS_KEY_ID", ""),
            variables.get("AWS_SECRET_ACCESS_KEY", ""),
            variables.get("AWS_SESSION_TOKEN", ""),
        )
        if not (access.access_key and access.secret_key):
            raise SourceNotReadable(
                "the environment has no credentials for an object store",
                next_step="Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (and AWS_ENDPOINT_URL "
                "where the store is not AWS) where s3:// is read, start again and replay.",
            )
        return access


class ObjectStore:
    """The store of one :class:`StoreAccess`.

    Raises
    ------
    SourceError
        ``DEPENDENCY_MISSING`` when the extra is not installed; ``SOURCE_ENDPOINT`` when the
        endpoint is no URL.
    """

    def __init__(self, access: StoreAccess) -> None:
        try:
            import botocore.session
            from botocore.config import Config
        except ModuleNotFoundError as exc:
            raise SourceError(
                "s3:// is read with botocore, which is not installed",
                reason="DEPENDENCY_MISSING",
                next_step=f"Install the extra {EXTRA} where s3:// is read, and try again.",
            ) from exc
        # At DEBUG it logs what it signs, and the signatures.
        logging.getLogger("botocore").setLevel(logging.INFO)
        try:
            self._client = botocore.session.Session().create_client(
                "s3",
                region_name=access.region,
                endpoint_url=access.endpoint or None,
                aws_access_key_id=access.access_key,
                aws_secret_access_key=access.secret_key,
                aws_session_token=access.session_token or None,
                config=Config(
                    signature_version="s3v4",
                    # Names of buckets become part of AWS's hosts, and of nobody else's.
                    s3={"addressing_style": "path" if access.endpoint else "virtual"},
                    connect_timeout=5,
                    read_timeout=20,
                    retries={"total_max_attempts": _LIST_TRIES, "mode": "standard"},
                ),
            )
        except ValueError as exc:
            raise SourceError(
                "AWS_ENDPOINT_URL or AWS_REGION is none",
                reason="SOURCE_ENDPOINT",
                next_step="Set AWS_ENDPOINT_URL to a URL such as https://minio.example:9000.",
            ) from exc

    def url_of(self, name: ObjectName, *, seconds: float) -> str:
        """URL that fetches an object for so long. It is a secret: whoever has it may fetch."""
        url: str = self._client.generate_presigned_url(
            "get_object",
            Params={"Bucket": name.bucket, "Key": name.key},
            ExpiresIn=max(1, round(seconds)),
        )
        return url

    def list_below(self, folder: ObjectName) -> Iterator[ObjectName]:
        """All objects that a folder stands for, in the order of their keys, page by page.

        Raises
        ------
        SourceError
            When there is no such bucket; ``SourceNotReadable`` when it may not be listed.
        SourceUnavailable
            When the store does not answer.
        """
        from botocore.exceptions import BotoCoreError, ClientError

        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=folder.bucket, Prefix=folder.key
        )
        try:
            for page in pages:
                for entry in page.get("Contents", ()):
                    yield ObjectName(folder.bucket, entry["Key"])
        except ClientError as exc:
            told: Mapping[str, Any] = exc.response
            status = told.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
            raise refusal(str(folder), status, str(told.get("Error", {}).get("Code", ""))) from exc
        except BotoCoreError as exc:
            # Its own words name the URL, but no secrets: lists are signed in a header.
            raise SourceUnavailable(f"'{folder}' cannot be listed: {exc}") from exc

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


def refusal(told: str, status: int, code: str = "") -> SourceError | SourceUnavailable:
    """What an HTTP status of an object store means.

    Parameters
    ----------
    told
        What was asked for.
    code
        The store's own word for it, such as ``NoSuchKey``; empty where it said none.
    """
    said = f"the object store answers {told!r} with HTTP status {status}"
    if code:
        said = f"{said} ({code})"
    if may_pass(status) or not status:
        return SourceUnavailable(said)
    if status in (401, 403):
        return SourceNotReadable(
            said,
            next_step="Let the credentials of AWS_ACCESS_KEY_ID read it, or correct them where "
            "s3:// is read. Then replay it: segue deadletters replay --reason SOURCE_NOT_READABLE.",
        )
    if 300 <= status < 400:
        return SourceError(said, next_step="Set AWS_REGION to the bucket's region, and try again.")
    return SourceError(said, next_step="Check bucket and key.")
