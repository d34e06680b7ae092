"""A real server that speaks S3, on the loopback, and a bucket in it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import botocore.session
import pytest
from moto.server import ThreadedMotoServer

SECRET = "of-the-object-store/+secret"


@dataclass(frozen=True)
class Bucket:
    """A bucket, and a client of its own to fill it with."""

    name: str
    endpoint: str
    client: Any

    def put(self, key: str, content: bytes) -> str:
        """Store an object; its URI."""
        self.client.put_object(Bucket=self.name, Key=key, Body=content)
        return f"s3://{self.name}/{key}"


@pytest.fixture(scope="session")
def store() -> Iterator[str]:
    """URL of the server."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(store: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    """A bucket of the test's own, and an environment that leads to it."""
    for name, value in {
        "AWS_ENDPOINT_URL": store,
        "AWS_ACCESS_KEY_ID": "of-the-object-store",
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    client = botocore.session.Session().create_client(
        "s3",
        region_name="us-east-1",
        endpoint_url=store,
        aws_access_key_id="of-the-object-store",
        aws_secret_access_key=SECRET,
    )
    name = f"music-{uuid.uuid4().hex}"
    client.create_bucket(Bucket=name)
    yield Bucket(name, store, client)
    client.close()
