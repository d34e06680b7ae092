import pytest

from segue.object_names import ObjectName, is_object_uri


@pytest.mark.parametrize(
    ("uri", "bucket", "key"),
    [
        ("s3://music/a.mp3", "music", "a.mp3"),
        ("S3://music/a%20b?c#d", "music", "a%20b?c#d"),
        ("s3://music//a//b.mp3", "music", "/a//b.mp3"),
        ("s3://music", "music", ""),
        ("s3://my.music-1/x/", "my.music-1", "x/"),
    ],
)
def test_the_key_is_what_stands_behind_the_bucket(uri: str, bucket: str, key: str) -> None:
    assert is_object_uri(uri)
    name = ObjectName.of(uri)
    assert (name.bucket, name.key) == (bucket, key)
    assert ObjectName.of(str(name)) == name


@pytest.mark.parametrize(
    "uri",
    [
        "s3:music/a", "s3://", "s3:///a", "s3://Key:Secret@music/a", "s3://music:80/a",
        "s3://MUSIC/a", "s3://a/b", "s3://mu..sic/a", "s3://arn:aws:s3:::music/a", "http://music/a",
        "s3://music/../a", "s3://music/a/./b", f"s3://music/{'ü' * 513}",
    ],
)  # fmt: skip
def test_what_names_no_object_is_told_without_repeating_it(uri: str) -> None:
    with pytest.raises(ValueError, match=r"^(names|has|does)") as wrong:
        ObjectName.of(uri)
    assert "Secret" not in str(wrong.value)


def test_what_lies_below_a_folder() -> None:
    name = ObjectName("music", "open/a.mp3")
    for folder in ("open/", "open", ""):
        assert name.lies_below(ObjectName("music", folder))
    for folder in ("op", "open/a", "opened/"):
        assert not name.lies_below(ObjectName("music", folder))
    assert not name.lies_below(ObjectName("musik", "open/"))
