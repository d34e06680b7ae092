import pytest

from segue.library.sheet_encoding import decoded_sheet

WESTERN = (
    "Sigur Rós – Ágætis byrjun",
    "Motörhead: Ace of Spades; naïve façade, Häämarssi, Säästö ja Öö",
    "Don’t Stop ’til You Get Enough… “live” at Müller’s — 1979",
    "Édith Piaf: Non, je ne regrette rien; Où es-tu?",
    "PERFORMER “Beyoncé”",
)
JAPANESE = (
    "宇多田ヒカル 初恋",
    "椎名林檎 無罪モラトリアム",
    "坂本龍一 戦場",
    "PERFORMER 中島美嘉 TITLE 雪の華",
    "Perfume ポリリズム",
)
CHINESE = ("周杰伦 七里香", "王菲 红豆", "邓丽君：月亮代表我的心", "PERFORMER 李宗盛 TITLE 山丘")


def sheet(text: str) -> str:
    return f'PERFORMER "{text}"\r\nFILE "{text}.wav" WAVE\r\n  TRACK 01 AUDIO\r\n'


@pytest.mark.parametrize("text", [*WESTERN, *JAPANESE, *CHINESE, "plain"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_unicode_is_known(text, encoding):
    assert decoded_sheet(sheet(text).encode(encoding)) == sheet(text)


@pytest.mark.parametrize("text", WESTERN)
def test_western(text):
    assert decoded_sheet(sheet(text).encode("cp1252")) == sheet(text)


@pytest.mark.parametrize("text", JAPANESE)
def test_japanese(text):
    assert decoded_sheet(sheet(text).encode("cp932")) == sheet(text)


@pytest.mark.parametrize("text", CHINESE)
def test_chinese(text):
    assert decoded_sheet(sheet(text).encode("gb18030")) == sheet(text)


def test_anything_gives_a_text():
    assert decoded_sheet(bytes(range(256)) * 10)
    assert decoded_sheet(b"\xff\xfe\x00") is not None
    assert decoded_sheet(b"") == ""
