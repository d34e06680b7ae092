"""What is music and what is a sound, by the names of folders."""

import pytest

from segue.trainer.debian.music_files import is_audio, kind_of
from segue.trainer.debian.packages import Package, read_packages

ANY = Package("game-data")


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("usr/share/games/x/music/forest/a.ogg", "music"),
        ("usr/share/games/x/Textures/Musics/a.ogg", "music"),
        ("usr/share/games/x/Music.ocg/a.ogg", "music"),
        ("usr/share/x/data/sound/music/a.ogg", "music"),
        ("usr/share/x/themes/a.ogg", "music"),
        ("usr/share/games/x/Sounds/rain.ogg", "sound"),
        ("usr/share/x/music/voices/hello.ogg", "sound"),
        ("usr/share/x/soundfx/environment/wind.ogg", "sound"),
    ],
)
def test_the_nearest_folder_that_tells_decides(path, kind):
    assert kind_of(path, ANY) == kind


def test_a_file_is_not_judged_by_its_own_name_or_by_parts_of_words():
    assert kind_of("usr/share/x/themes/sound.ogg", ANY) == "music"
    assert kind_of("usr/share/x/musician/sfx/a.ogg", ANY) == "sound"


def test_the_list_of_packages_has_the_last_word():
    package = Package("x", music=("*/sounds/*.ogg",), not_music=("*/sounds/rain.ogg", "*/music/w*"))
    assert kind_of("usr/share/x/sounds/theme.ogg", package) == "music"
    assert kind_of("usr/share/x/sounds/rain.ogg", package) == "sound"
    assert kind_of("usr/share/x/music/wind.ogg", package) == "sound"


def test_what_is_neither_is_so_whatever_else_the_list_says():
    package = Package("x", music=("*/a.ogg",), not_music=("*/a.ogg",), neither=("*/a.ogg",))
    assert kind_of("usr/share/x/sounds/a.ogg", package) == "neither"


@pytest.mark.parametrize(
    ("package", "path", "kind"),
    [
        ("fretsonfire-songs-muldjord", "data/songs/muldjord/chaos_god/guitar.ogg", "neither"),
        ("fretsonfire-songs-muldjord", "data/songs/muldjord/chaos_god/song.ogg", "music"),
        ("holotz-castle-data", "game/sound/HCMainTitle_Slow.wav", "neither"),
        ("hedgewars-data", "Data/Sounds/ride_of_the_valkyries.ogg", "neither"),
        ("hedgewars-data", "Data/Sounds/bee.ogg", "sound"),
        ("supertux-data", "speech/tux_rap.ogg", "neither"),
        ("supertux-data", "sounds/rain.wav", "sound"),
        ("supertuxkart-data", "data/sfx/gp_end.ogg", "neither"),
        ("supertuxkart-data", "data/sfx/race_finish_victory.ogg", "neither"),
        ("supertuxkart-data", "data/sfx/clock.ogg", "sound"),
        ("warmux-data", "sound/default/voices/theme2.ogg", "neither"),
        ("ardentryst", "Sounds/newgame.ogg", "neither"),
    ],
)
def test_music_among_sounds_is_not_taught_as_no_music(package, path, kind):
    (listed,) = (item for item in read_packages().packages if item.name == package)
    assert kind_of(f"usr/share/games/{path}", listed) == kind


def test_modules_and_scores_are_no_recordings():
    assert [is_audio(f"music/a.{suffix}") for suffix in ("ogg", "OPUS", "wav", "mp3", "flac")] == [
        True
    ] * 5
    assert not any(is_audio(f"music/a.{suffix}") for suffix in ("mod", "xm", "it", "s3m", "mid"))
