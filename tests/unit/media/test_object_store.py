"""Lists of an object store, and whose word its place and credentials are."""

from __future__ import annotations

import sys

import pytest

from object_store import SECRET, Bucket
from segue.errors import SourceError, SourceNotReadable, SourceUnavailable
from segue.media.object_store import ObjectStore, StoreAccess
from segue.object_names import ObjectName

ACCESS = {"AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": SECRET}


def listed(name: ObjectName) -> list[str]:
    store = ObjectStore(StoreAccess.from_environment())
    try:
        return [one.key for one in store.list_below(name)]
    finally:
        store.close()


def test_a_folder_is_listed_whole_whatever_keys_it_holds(bucket: Bucket) -> None:
    keys = sorted([f"x/{number:04d}.mp3" for number in range(1_010)] + ["x//a b#?.mp3", "x/../b"])
    for key in (*keys, "xy.mp3", "y/x.mp3"):
        bucket.put(key, b"")
    assert listed(ObjectName(bucket.name, "x/")) == keys


def test_what_cannot_be_listed_says_why(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SourceError, match="NoSuchBucket"):
        listed(ObjectName("no-such-bucket-at-all", ""))
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    with pytest.raises(SourceUnavailable) as away:
        listed(ObjectName(bucket.name, ""))
    assert SECRET not in str(away.value)


def test_the_environment_says_where_the_store_is_and_who_asks() -> None:
    access = StoreAccess.from_environment(
        ACCESS | {"AWS_ENDPOINT_URL": "http://all:1", "AWS_ENDPOINT_URL_S3": "http://s3:1",
                  "AWS_DEFAULT_REGION": "garage", "AWS_SESSION_TOKEN": "session"}
    )  # fmt: skip
    assert (access.endpoint, access.region) == ("http://s3:1", "garage")
    assert access.session_token == "session"
    assert SECRET not in repr(access)
    for missing in ACCESS:
        with pytest.raises(SourceNotReadable):
            StoreAccess.from_environment({k: v for k, v in ACCESS.items() if k != missing})


@pytest.mark.parametrize("endpoint", ["minio", "minio:9000", "http://"])
def test_an_endpoint_that_is_no_url_is_named(endpoint: str) -> None:
    with pytest.raises(SourceError) as wrong:
        ObjectStore(StoreAccess.from_environment(ACCESS | {"AWS_ENDPOINT_URL": endpoint}))
    assert wrong.value.reason == "SOURCE_ENDPOINT"
    assert "AWS_ENDPOINT_URL" in wrong.value.next_step


def test_on_aws_a_bucket_is_part_of_awss_own_host() -> None:
    store = ObjectStore(StoreAccess.from_environment(ACCESS | {"AWS_REGION": "eu-central-1"}))
    url = store.url_of(ObjectName("my-music", "a/b.mp3"), seconds=60)
    store.close()
    assert url.startswith("https://my-music.s3.eu-central-1.amazonaws.com/a/b.mp3?")


def test_without_the_extra_its_name_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "botocore.session", None)
    with pytest.raises(SourceError) as missing:
        ObjectStore(StoreAccess.from_environment(ACCESS))
    assert missing.value.reason == "DEPENDENCY_MISSING"
    assert "segue[s3]" in missing.value.next_step
