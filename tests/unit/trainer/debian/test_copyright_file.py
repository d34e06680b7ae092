"""Which licence a machine-readable copyright file gives an installed file."""

import pytest

from segue.trainer.debian.copyright_file import CopyrightFile

TEXT = """\
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: Game
Comment: music: see below
 License: this is no field

Files: *
Copyright: 2001-2016, The Team <team@example.org>
License: GPL-3+

Files: data/music/*
Copyright: © 2008 Somebody
License: CC-BY-SA-3.0
 Text of the licence.
 .
 Its second paragraph.

Files: data/music/bay.ogg
       data/music/track_*.ogg
Copyright: 2010, Ada Lovelace <ada@example.org>
           2011-2012 Clara Schumann
License: CC0-1.0

Files: data/sounds/*.ogg
Copyright: Noise Maker
License: public-domain

Files: src/game/*
Copyright: Coder
License: Expat

Files: debian/*
Copyright: Packager
License: GPL-2+

License: GPL-3+
 The whole text.
"""


@pytest.fixture
def terms():
    return CopyrightFile(TEXT).terms


def test_the_closest_pattern_counts_wherever_the_file_is_installed(terms):
    for start in ("usr/share/games/game/data/music", "usr/share/game/music"):
        found = terms(f"{start}/bay.ogg")
        assert (found.licence, found.names_file) == ("CC0-1.0", True)
        assert found.holders == ("Ada Lovelace", "Clara Schumann")
        assert terms(f"{start}/track_07.ogg").licence == "CC0-1.0"
        found = terms(f"{start}/forest/other.ogg")
        assert (found.licence, found.names_file) == ("CC-BY-SA-3.0", False)


def test_files_that_nothing_names_have_the_licence_of_the_whole(terms):
    found = terms("usr/share/game/themes/a.ogg")
    assert (found.licence, found.holders) == ("GPL-3+", ("The Team",))
    assert not found.names_file


def test_a_pattern_without_its_folders_does_not_match_any_file(terms):
    assert terms("usr/share/game/themes/loud.ogg").licence == "GPL-3+"
    assert terms("usr/share/game/sounds/loud.ogg").licence == "public-domain"


def test_the_folder_of_the_package_is_no_source_folder(terms):
    assert terms("usr/share/games/game/themes/a.ogg").licence == "GPL-3+"


def test_a_path_that_no_stanza_covers_has_no_terms():
    text = TEXT.replace("Files: *\n", "Files: data/maps/*\n")
    assert CopyrightFile(text).terms("usr/share/game/themes/a.ogg") is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "This package was debianized by somebody.\n\nLicense: GPL-2\n",
        TEXT.split("Files: *")[0],
        TEXT.replace("copyright-format", "other-form"),
    ],
    ids=["empty", "free text", "no files", "other format"],
)
def test_other_texts_are_refused(text):
    with pytest.raises(ValueError, match=r"machine-readable|no stanza"):
        CopyrightFile(text)
