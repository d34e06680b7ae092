"""Genres, moods and descriptors out of the tags of MusiCNN's two training sets.

Each is a row of tags. Its score is the mean over the row of how far each tag's logit
lies above that tag's mean over the music that the network was trained on: tags differ in how common
they are, and a rare one must not need more evidence than a common one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

MSD_TAGS = (
    "rock", "pop", "alternative", "indie", "electronic", "female vocalists", "dance", "00s",
    "alternative rock", "jazz", "beautiful", "metal", "chillout", "male vocalists", "classic rock",
    "soul", "indie rock", "Mellow", "electronica", "80s", "folk", "90s", "chill", "instrumental",
    "punk", "oldies", "blues", "hard rock", "ambient", "acoustic", "experimental",
    "female vocalist", "guitar", "Hip-Hop", "70s", "party", "country", "easy listening", "sexy",
    "catchy", "funk", "electro", "heavy metal", "Progressive rock", "60s", "rnb", "indie pop",
    "sad", "House", "happy",
)  # fmt: skip
"""Tags of the network that learnt from the Million Song Dataset, in the order of its outputs."""

MTT_TAGS = (
    "guitar", "classical", "slow", "techno", "strings", "drums", "electronic", "rock", "fast",
    "piano", "ambient", "beat", "violin", "vocal", "synth", "female", "indian", "opera", "male",
    "singing", "vocals", "no vocals", "harpsichord", "loud", "quiet", "flute", "woman",
    "male vocal", "no vocal", "pop", "soft", "sitar", "solo", "man", "classic", "choir", "voice",
    "new age", "dance", "male voice", "female vocal", "beats", "harp", "cello", "no voice",
    "weird", "country", "metal", "female voice", "choral",
)  # fmt: skip
"""Tags of the network that learnt from MagnaTagATune, in the order of its outputs."""

Row = tuple[Sequence[str], Sequence[str]]
"""Tags of the first set and of the second that speak for a label."""

GENRES: Mapping[str, Row] = {
    "ambient": (("ambient",), ("ambient", "new age")),
    "blues": (("blues",), ()),
    "classical": ((), ("classical", "classic", "opera", "harpsichord", "violin", "cello")),
    "country": (("country",), ("country",)),
    "electronic": (
        ("electronic", "electronica", "dance", "House", "electro"),
        ("techno", "electronic", "dance", "synth"),
    ),
    "folk": (("folk",), ()),
    "hip-hop": (("Hip-Hop",), ()),
    "jazz": (("jazz",), ()),
    "metal": (("metal", "heavy metal"), ("metal",)),
    "pop": (("pop", "indie pop"), ("pop",)),
    "rock": (
        (
            "rock", "classic rock", "alternative rock", "indie rock", "hard rock",
            "Progressive rock", "alternative", "punk",
        ),
        ("rock",),
    ),
    "soul": (("soul", "rnb", "funk"), ()),
}  # fmt: skip
"""Genres that the tags know, and the tags of each."""

MOODS: Mapping[str, Row] = {
    "calm": (("chill", "chillout", "Mellow", "easy listening"), ("quiet", "soft", "slow")),
    "energetic": (("party", "dance"), ("loud", "fast", "beat")),
    "happy": (("happy", "party"), ()),
    "melancholic": (("sad",), ()),
}
"""Moods that the tags know. None speaks for dark or epic, and too little for romantic or dreamy."""

DESCRIPTORS: Mapping[str, Row] = {
    "choir": ((), ("choir", "choral")),
    "drums": ((), ("drums", "beat", "beats")),
    "fast": ((), ("fast",)),
    "female voice": (
        ("female vocalists", "female vocalist"),
        ("female", "female vocal", "female voice", "woman"),
    ),
    "flute": ((), ("flute",)),
    "guitar": (("guitar",), ("guitar",)),
    "male voice": (("male vocalists",), ("male", "male vocal", "male voice", "man")),
    "piano": ((), ("piano",)),
    "slow": ((), ("slow",)),
    "solo": ((), ("solo",)),
    "strings": ((), ("strings", "violin", "cello")),
    "synthesizer": ((), ("synth",)),
    "voice": ((), ("vocal", "vocals", "singing", "voice")),
}
"""Instruments, voices and pace that the tags know. Tags so rare that seven times the usual is still
little (harp, harpsichord, sitar) are left out: they would be heard in most piano music. Nobody has
tagged brass, and too few that nobody sings."""
