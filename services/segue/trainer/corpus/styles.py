"""Genres: tempo, moods, instruments and the ways they are accompanied.

An accompaniment is a groove of MMA (``folder/file:Groove``) or an ensemble of our own: layers of
patterns (see ``patterns``). Programs are General MIDI; from 128 on they are synthesised voices
(see ``synthesis``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

PIANOS = (0, 1, 2, 3)
ELECTRIC_PIANOS = (4, 5, 7)
MALLETS = (8, 9, 11, 12, 13)
ORGANS = (16, 17, 18, 19)
ACOUSTIC_GUITARS = (24, 25)
CLEAN_GUITARS = (26, 27, 28)
DISTORTED_GUITARS = (29, 30)
ACOUSTIC_BASSES = (32, 33)
ELECTRIC_BASSES = (33, 34, 35, 36, 37)
SYNTH_BASSES = (38, 39, 133, 135)
STRINGS = (44, 48, 49, 50, 51)
CHOIRS = (52, 53, 54)
BRASS = (56, 57, 58, 60, 61)
REEDS = (64, 65, 66, 67, 68, 69, 70, 71)
SYNTH_LEADS = (80, 81, 82, 84, 85, 87, 128, 129, 131, 132, 134)
PADS = (88, 89, 90, 91, 92, 93, 94, 95, 130, 134)
BELLS = (9, 10, 11, 14, 98, 112, 130)
SYNTH_FIRST = 128


@dataclass(frozen=True, slots=True)
class Layer:
    """One player of an ensemble.

    Attributes
    ----------
    role
        As in ``midi.Part``.
    patterns
        Names out of ``patterns.PATTERNS`` to choose from.
    programs
        Instruments to choose from.
    low
        MIDI pitch at which voicings begin.
    from_energy
        Energy of a section, in [0, 1], from which on the layer plays.
    """

    role: str
    patterns: tuple[str, ...]
    programs: tuple[int, ...]
    low: int = 48
    from_energy: float = 0.0


@dataclass(frozen=True, slots=True)
class Groove:
    """An accompaniment by MMA: variants of one style, from the thinnest to the fullest."""

    variants: tuple[str, ...]
    beats: int = 4

    @property
    def name(self) -> str:
        """The name under which the split rule and the manifest know it."""
        return self.variants[0]


@dataclass(frozen=True, slots=True)
class Ensemble:
    """An accompaniment by our own patterns."""

    name: str
    layers: tuple[Layer, ...]
    beats: int = 4


@dataclass(frozen=True, slots=True)
class Genre:
    """What a genre's artists choose from.

    Attributes
    ----------
    tempo
        Range in beats per minute before the mood's factor.
    harmony
        ``plain``, ``jazz`` or ``blues``.
    drive
        Largest saturation of the accompaniment, in [0, 1].
    swing
        Whether melodies swing.
    """

    tempo: tuple[float, float]
    moods: tuple[str, ...]
    leads: tuple[int, ...]
    backings: tuple[Groove | Ensemble, ...]
    harmony: str = "plain"
    drive: float = 0.2
    swing: bool = False


def _grooves(*names: str, beats: int = 4) -> tuple[Groove, ...]:
    """``folder/file:A,B`` to a groove with the variants A and B of that file."""
    found = []
    for name in names:
        place, variants = name.split(":")
        found.append(Groove(tuple(f"{place}:{one}" for one in variants.split(",")), beats))
    return tuple(found)


_ROCK_DRUMS = ("rock drums", "half-time drums", "driving drums")
_DANCE_DRUMS = ("four-on-the-floor drums", "breakbeat drums", "trap drums", "driving drums")

GENRES: Mapping[str, Genre] = {
    "rock": Genre(
        (96, 150),
        ("happy", "energetic", "dark", "melancholic", "epic"),
        (*DISTORTED_GUITARS, *CLEAN_GUITARS, 18, 16, 22, 65, 54, 81),
        (
            *_grooves(
                "casio/rock1:Rock1",
                "casio/rock2:Rock2",
                "stdlib/basicrock:BasicRock,BasicRockSus",
                "stdlib/60srock:60sRock,60sRockSusPlus",
                "casio/shufflerock:ShuffleRock",
                "stdlib/folkrock:FolkRock,FolkRockSusPlus",
                "casio/slowrock:SlowRock",
                "casio/digitalrock:DigitalRock",
                "pflib/rock1:rock1A,rock1B",
                "stdlib/rockballad:RockBallad,RockBallad1Voice",
            ),
            Ensemble(
                "garage",
                (
                    Layer("drums", _ROCK_DRUMS, (0, 16), from_energy=0.3),
                    Layer("bass", ("eighth bass", "root-fifth bass"), ELECTRIC_BASSES, 28, 0.2),
                    Layer("chords", ("strum", "power chug", "stabs"), (27, 28, 29), 48),
                    Layer("chords", ("power chug", "sustain"), DISTORTED_GUITARS, 40, 0.6),
                ),
            ),
            Ensemble(
                "post-rock",
                (
                    Layer("drums", ("half-time drums", "rock drums"), (0, 8), from_energy=0.5),
                    Layer("bass", ("pedal bass", "eighth bass"), ELECTRIC_BASSES, 28, 0.3),
                    Layer("chords", ("arpeggio", "broken"), (26, 27, 24), 52),
                    Layer("pad", ("sustain",), (48, 50, 91), 52, 0.5),
                    Layer("chords", ("tremolo",), DISTORTED_GUITARS, 55, 0.7),
                ),
            ),
        ),
        drive=0.6,
    ),
    "metal": Genre(
        (110, 185),
        ("dark", "energetic", "epic", "melancholic"),
        (30, 29, 30, 84, 81, 48, 52, 40, 73, 132),
        (
            *_grooves(
                "casio/heavymetal:HeavyMetal",
                "pflib/metal1:metal1A,metal1B",
                "pflib/metal2:metal2A,metal2B",
            ),
            Ensemble(
                "symphonic metal",
                (
                    Layer("drums", ("metal drums", "driving drums"), (0, 16), from_energy=0.35),
                    Layer("bass", ("gallop bass", "eighth bass"), (33, 34, 35), 26, 0.3),
                    Layer("chords", ("power chug", "gallop"), DISTORTED_GUITARS, 40, 0.35),
                    Layer("pad", ("sustain", "ostinato"), (48, 49, 50), 55),
                    Layer("pad", ("sustain",), CHOIRS, 58, 0.5),
                    Layer("counter", ("stabs", "fanfare"), (61, 60, 56), 52, 0.75),
                ),
            ),
            Ensemble(
                "thrash",
                (
                    Layer("drums", ("blast drums", "metal drums", "driving drums"), (0, 16)),
                    Layer("bass", ("gallop bass", "eighth bass"), (34, 33), 26),
                    Layer("chords", ("gallop", "power chug", "tremolo"), DISTORTED_GUITARS, 40),
                    Layer("chords", ("sustain", "power chug"), DISTORTED_GUITARS, 45, 0.6),
                ),
            ),
            Ensemble(
                "doom",
                (
                    Layer("drums", ("half-time drums",), (0, 16), from_energy=0.3),
                    Layer("bass", ("pedal bass",), (34, 33), 26),
                    Layer("chords", ("sustain",), DISTORTED_GUITARS, 36),
                    Layer("pad", ("sustain",), (19, 52, 92), 52, 0.5),
                ),
            ),
            Ensemble(
                "melodic death",
                (
                    Layer("drums", ("metal drums", "blast drums"), (0, 16), from_energy=0.3),
                    Layer("bass", ("eighth bass", "gallop bass"), (34, 33), 26),
                    Layer("chords", ("tremolo", "gallop"), DISTORTED_GUITARS, 45),
                    Layer("chords", ("arpeggio", "sustain"), (30, 27, 81), 57, 0.5),
                ),
            ),
        ),
        drive=1.0,
    ),
    "pop": Genre(
        (88, 128),
        ("happy", "energetic", "romantic", "melancholic", "dreamy"),
        (*SYNTH_LEADS, 54, 53, 73, 27, 0, 65, 11, 85),
        (
            *_grooves(
                "casio/80spop:80sPop",
                "casio/60spop:60sPop",
                "casio/pop:Pop",
                "casio/dancepop1:DancePop1",
                "casio/dancepop2:DancePop2",
                "casio/electricpop:ElectricPop",
                "casio/popshuffle1:PopShuffle1",
                "casio/popballad:PopBallad",
                "stdlib/8beat:8Beat,8BeatSusPlus",
                "stdlib/popballad:PopBallad,PopBalladSusPlus",
                "stdlib/boneym:BoneyM,BoneyMSusPlus",
                "casio/16beat2:16Beat2",
                "casio/worldpop:WorldPop",
            ),
            Ensemble(
                "synth-pop",
                (
                    Layer("drums", _DANCE_DRUMS, (24, 25), from_energy=0.3),
                    Layer("bass", ("octave bass", "eighth bass", "sixteenth bass"), SYNTH_BASSES),
                    Layer("chords", ("stabs", "arpeggio", "offbeat"), SYNTH_LEADS, 55),
                    Layer("pad", ("sustain",), PADS, 52, 0.5),
                ),
            ),
            Ensemble(
                "singer at the piano",
                (
                    Layer("drums", ("rock drums", "half-time drums"), (0, 8), from_energy=0.6),
                    Layer("bass", ("root-fifth bass", "pedal bass"), (33, 35), 28, 0.4),
                    Layer("chords", ("broken", "pulse", "sustain"), PIANOS, 48),
                    Layer("pad", ("sustain",), (48, 49, 89), 55, 0.6),
                ),
            ),
        ),
    ),
    "jazz": Genre(
        (92, 190),
        ("happy", "calm", "melancholic", "romantic", "energetic"),
        (11, 12, 56, 57, 59, 64, 65, 66, 67, 71, 26, 0, 73, 40),
        (
            *_grooves(
                "stdlib/swing:Swing,Swing1Walk",
                "stdlib/bebop:Bebop,BebopPlus",
                "stdlib/modernjazz:ModernJazz,ModernJazz1Sus",
                "stdlib/evansish:Evansish,Evansish1Plus",
                "stdlib/mellowjazz:MellowJazz,MellowJazzSusPlus",
                "stdlib/nitejazz:NiteJazz,NiteJazzSusPlus",
                "stdlib/jazzguitar:JazzGuitar,JazzGuitarWalkPlus",
                "stdlib/bigband:BigBand,BigBandSusPlus",
                "stdlib/gypsyjazz:GypsyJazz,GypsyJazzSusFiddle",
                "stdlib/slowjazz:SlowJazz,SlowJazzWalkSus",
                "stdlib/jazzcombo:JazzCombo,JazzCombo1SusPlus",
                "stdlib/dixie:Dixie,DixieStrumSus",
                "casio/middlebigband:MiddleBigBand",
                "stdlib/ragtime:RagTime,RagtimeSusPlus",
            ),
            *_grooves(
                "stdlib/jazzwaltz:JazzWaltz,JazzWaltz1Sus",
                "stdlib/modernjazzwaltz:ModernJazzWaltz,ModernJazzWaltz1Sus",
                beats=3,
            ),
            Ensemble(
                "vibraphone trio",
                (
                    Layer("drums", ("swing drums", "brushes"), (40, 32), from_energy=0.2),
                    Layer("bass", ("walking bass",), (32,), 28),
                    Layer("chords", ("comping", "sustain"), (11, 0, 26), 55),
                ),
            ),
        ),
        harmony="jazz",
        swing=True,
        drive=0.1,
    ),
    "blues": Genre(
        (68, 132),
        ("melancholic", "happy", "dark", "energetic"),
        (22, 26, 27, 28, 29, 65, 66, 0, 3, 16, 18, 25),
        (
            *_grooves(
                "stdlib/blues:Blues,BluesTripleSus",
                "stdlib/slowblues:SlowBlues,SlowBluesWalk8Sus",
                "stdlib/fastblues:FastBlues,FastBluesWalkSus",
                "stdlib/countryblues:CountryBlues,CountryBlues1WalkSus",
                "stdlib/shuffleboggie:ShuffleBoggie,ShuffleBoggieSus",
                "stdlib/boggiewoggie:BoggieWoggie,BoggieWoggie2Sus",
                "casio/blues:Blues",
                "stdlib/blues128:Blues128,Blues128SusPlus",
                "stdlib/bluefolk:BlueFolk,BlueFolk2SusPlus",
            ),
            Ensemble(
                "delta guitar",
                (
                    Layer("chords", ("travis", "strum"), (25, 24, 105), 43),
                    Layer("bass", ("root-fifth bass",), (32, 33), 28, 0.6),
                    Layer("drums", ("brushes",), (0,), from_energy=0.7),
                ),
            ),
        ),
        harmony="blues",
        swing=True,
        drive=0.4,
    ),
    "folk": Genre(
        (80, 132),
        ("calm", "happy", "melancholic", "dreamy", "romantic"),
        (22, 40, 73, 74, 75, 105, 110, 109, 21, 24, 25, 15, 53),
        (
            *_grooves(
                "stdlib/folk:Folk,FolkArticulatedSus",
                "stdlib/folkballad:FolkBallad,FolkBallad1SusPlus",
                "stdlib/guitarballad:GuitarBallad,GuitarBallad1Sus",
                "stdlib/polka:Polka,Polka1SusArp",
                "stdlib/softshoe:Softshoe,SoftShoeSusPlus",
            ),
            *_grooves(
                "stdlib/waltz:Waltz,Waltz1WalkSus",
                "stdlib/frenchwaltz:FrenchWaltz,FrenchWaltz2FillSus",
                "stdlib/arpeggiowaltz:ArpeggioWaltz,ArpeggioWaltzSus",
                beats=3,
            ),
            Ensemble(
                "voice and guitar",
                (
                    Layer("chords", ("travis", "strum", "broken"), (24, 25), 45),
                    Layer("bass", ("root-fifth bass", "pedal bass"), (32,), 28, 0.55),
                    Layer("pad", ("sustain",), (48, 42, 21), 52, 0.75),
                ),
            ),
            Ensemble(
                "celtic session",
                (
                    Layer("drums", ("frame drum",), (48,), from_energy=0.4),
                    Layer("chords", ("arpeggio", "strum"), (46, 25, 105), 50),
                    Layer("pad", ("drone",), (109, 21, 20), 50, 0.3),
                    Layer("bass", ("pedal bass",), (32, 43), 28, 0.5),
                ),
            ),
            Ensemble(
                "song circle",
                (
                    Layer("chords", ("strum", "pulse"), (25, 105, 15, 104), 50),
                    Layer("drums", ("claps",), (0,), from_energy=0.5),
                    Layer("bass", ("root-fifth bass",), (32,), 28, 0.3),
                ),
                beats=3,
            ),
        ),
        drive=0.05,
    ),
    "country": Genre(
        (92, 148),
        ("happy", "energetic", "romantic", "melancholic"),
        (25, 27, 28, 22, 40, 105, 110, 21, 0, 26),
        (
            *_grooves(
                "stdlib/countryswing:CountrySwing,CountrySwing1Sus",
                "stdlib/bluegrass:BlueGrass,BlueGrassSusClap",
                "stdlib/hillcountry:HillCountry,HillCountrySusPlus",
                "stdlib/slowcountry:SlowCountry,SlowCountryWalkSusPlus",
                "stdlib/westernswing:WesternSwing,WesternSwingSusPlus",
                "zoom/country:CNTR01,CNTR02",
                "stdlib/zydeco:Zydeco,ZydecoSusPlus",
                "yamaha/western:WesternMainA,WesternMainB",
            ),
            *_grooves("stdlib/countrywaltz:CountryWaltz,CountryWaltz1SusWalk", beats=3),
            Ensemble(
                "train beat",
                (
                    Layer("drums", ("train drums", "brushes"), (0, 40), from_energy=0.3),
                    Layer("bass", ("root-fifth bass",), (32, 33, 34), 28),
                    Layer("chords", ("strum", "travis"), (25, 27, 105), 48),
                ),
            ),
        ),
        drive=0.2,
    ),
    "classical": Genre(
        (66, 132),
        ("calm", "romantic", "happy", "melancholic", "dark"),
        (40, 41, 42, 68, 70, 71, 73, 6, 0, 60, 46, 24),
        (
            *_grooves("stdlib/hymn:Hymn,HymnRootWalkPlus", "stdlib/lullaby:Lullaby,LullabySusPlus"),
            *_grooves("stdlib/vienesewaltz:VieneseWaltz,VieneseWaltz1Sus", beats=3),
            Ensemble(
                "string quartet",
                (
                    Layer("chords", ("sustain", "pulse", "ostinato"), (40, 41), 57),
                    Layer("chords", ("pulse", "arpeggio", "sustain"), (41, 45), 50),
                    Layer("bass", ("pedal bass", "walking bass", "root-fifth bass"), (42,), 36),
                ),
            ),
            Ensemble(
                "baroque",
                (
                    Layer("chords", ("alberti", "arpeggio", "running"), (6, 46, 19), 52),
                    Layer("bass", ("walking bass", "eighth bass"), (42, 43, 70), 36),
                    Layer("pad", ("sustain",), (48, 49), 55, 0.5),
                ),
            ),
            Ensemble(
                "guitar recital",
                (
                    Layer("chords", ("travis", "arpeggio", "broken"), (24,), 43),
                    Layer("counter", ("sustain",), (42, 73), 57, 0.75),
                ),
            ),
            Ensemble(
                "wind serenade",
                (
                    Layer("chords", ("sustain", "pulse"), (71, 69), 55),
                    Layer("chords", ("arpeggio", "stabs"), (60, 68), 50, 0.4),
                    Layer("bass", ("root-fifth bass", "walking bass"), (70,), 34),
                ),
                beats=3,
            ),
            Ensemble(
                "organ",
                (
                    Layer("chords", ("sustain", "running", "arpeggio"), (19,), 50),
                    Layer("bass", ("pedal bass", "walking bass"), (19,), 30),
                    Layer("pad", ("sustain",), CHOIRS, 55, 0.6),
                ),
            ),
        ),
        drive=0.0,
    ),
    "orchestral": Genre(
        (70, 150),
        ("epic", "dark", "dreamy", "romantic", "energetic", "calm"),
        (60, 61, 56, 40, 42, 48, 68, 71, 73, 52, 46, 69),
        (
            Ensemble(
                "battle",
                (
                    Layer("drums", ("taiko drums", "orchestral drums"), (48,), from_energy=0.3),
                    Layer("chords", ("ostinato", "tremolo"), (48, 44, 45), 50),
                    Layer("bass", ("gallop bass", "eighth bass"), (43, 42, 58), 28, 0.2),
                    Layer("counter", ("fanfare", "stabs"), (61, 60, 56), 50, 0.5),
                    Layer("pad", ("sustain",), (52, 48), 58, 0.7),
                ),
            ),
            Ensemble(
                "exploration",
                (
                    Layer("pad", ("sustain",), (48, 49), 52),
                    Layer("chords", ("arpeggio", "broken"), (46, 8, 11, 45), 60),
                    Layer("bass", ("pedal bass",), (43, 42, 60), 31, 0.2),
                    Layer("counter", ("sustain",), (60, 71, 68), 60, 0.5),
                    Layer("drums", ("orchestral drums",), (48,), from_energy=0.75),
                ),
            ),
            Ensemble(
                "castle",
                (
                    Layer("chords", ("pulse", "running"), (6, 45, 48), 55),
                    Layer("pad", ("sustain",), (19, 52, 49), 52, 0.3),
                    Layer("bass", ("walking bass", "pedal bass"), (43, 70), 31),
                    Layer("drums", ("march drums", "orchestral drums"), (48,), from_energy=0.5),
                    Layer("counter", ("fanfare",), (56, 60), 57, 0.7),
                ),
            ),
            Ensemble(
                "waltz of the court",
                (
                    Layer("chords", ("offbeat", "broken"), (48, 45), 55),
                    Layer("bass", ("pedal bass", "root-fifth bass"), (43, 42), 31),
                    Layer("pad", ("sustain",), (49, 60, 71), 55, 0.4),
                    Layer("drums", ("orchestral drums",), (48,), from_energy=0.7),
                ),
                beats=3,
            ),
            Ensemble(
                "suspense",
                (
                    Layer("pad", ("sustain", "tremolo"), (44, 92, 52), 48),
                    Layer("bass", ("pedal bass", "ostinato"), (43, 47), 28),
                    Layer("chords", ("stabs", "ostinato"), (45, 48, 61), 55, 0.4),
                    Layer("drums", ("taiko drums",), (48,), from_energy=0.55),
                ),
            ),
            *_grooves(
                "stdlib/bolero:Bolero,Bolero1Sus",
                "stdlib/stringballad:StringBallad,StringBalladVoicePlus",
            ),
        ),
        drive=0.05,
    ),
    "piano": Genre(
        (62, 140),
        ("calm", "melancholic", "romantic", "dreamy", "happy", "dark"),
        (0, 1, 2, 0),
        (
            *_grooves("stdlib/pianoballad:PianoBallad,PianoBallad2Sus"),
            Ensemble("nocturne", (Layer("chords", ("broken", "arpeggio"), (0, 1), 40),)),
            Ensemble(
                "etude",
                (
                    Layer("chords", ("running", "arpeggio"), (0, 1), 45),
                    Layer("bass", ("octave bass", "pedal bass"), (0,), 28, 0.3),
                ),
            ),
            Ensemble(
                "minimal",
                (
                    Layer("chords", ("ostinato", "pulse"), (0, 1), 52),
                    Layer("bass", ("pedal bass",), (0, 1), 30, 0.2),
                ),
            ),
            Ensemble("sonatina", (Layer("chords", ("alberti", "broken"), (0, 3, 6), 48),)),
            Ensemble(
                "prelude",
                (Layer("chords", ("travis", "broken", "arpeggio"), (0, 1), 43),),
                beats=3,
            ),
            Ensemble(
                "electric",
                (
                    Layer("chords", ("comping", "sustain", "broken"), (4, 5), 48),
                    Layer("bass", ("pedal bass",), (4, 5), 31, 0.2),
                ),
            ),
        ),
        drive=0.0,
    ),
    "electronic": Genre(
        (118, 150),
        ("energetic", "dark", "happy", "dreamy"),
        (*SYNTH_LEADS, 133, 130, 86, 62, 63),
        (
            *_grooves(
                "stdlib/trance:Trance,Trance2Bass1",
                "casio/techno:Techno",
                "casio/house:House",
                "casio/rave:Rave",
                "casio/trance1:Trance1",
                "casio/trance2:Trance2",
                "casio/dance1:Dance1",
                "zoom/dnb:DnB01,DnB04",
                "zoom/techno:TECH01,TECH05",
                "zoom/house:HOUS01,HOUS03",
                "alexis/teamtechno:TeamTechno,TeamTechnoSus",
            ),
            Ensemble(
                "trance",
                (
                    Layer("drums", ("four-on-the-floor drums",), (24, 25), from_energy=0.3),
                    Layer("bass", ("offbeat bass", "sixteenth bass"), SYNTH_BASSES, 28, 0.2),
                    Layer("chords", ("arpeggio", "running"), SYNTH_LEADS, 60),
                    Layer("pad", ("sustain",), PADS, 55, 0.4),
                ),
            ),
            Ensemble(
                "drum and bass",
                (
                    Layer("drums", ("breakbeat drums",), (24, 25, 8), from_energy=0.2),
                    Layer("bass", ("pedal bass", "sixteenth bass"), SYNTH_BASSES, 26),
                    Layer("pad", ("sustain",), PADS, 55),
                    Layer("chords", ("stabs",), (*SYNTH_LEADS, 4), 58, 0.5),
                ),
            ),
            Ensemble(
                "chiptune",
                (
                    Layer("drums", ("driving drums", "rock drums"), (25, 24), from_energy=0.3),
                    Layer("bass", ("octave bass", "eighth bass"), (129, 80, 133), 36),
                    Layer("chords", ("running", "arpeggio"), (129, 80), 60),
                ),
            ),
            Ensemble(
                "minimal techno",
                (
                    Layer("drums", ("four-on-the-floor drums",), (25, 24)),
                    Layer("bass", ("offbeat bass", "sixteenth bass"), SYNTH_BASSES, 26),
                    Layer("chords", ("stabs", "ostinato"), (*SYNTH_LEADS, 5), 55, 0.4),
                ),
            ),
        ),
        drive=0.5,
    ),
    "ambient": Genre(
        (60, 96),
        ("calm", "dreamy", "dark", "melancholic"),
        (*PADS, *BELLS, 77, 78, 79, 54, 99, 11, 4),
        (
            *_grooves(
                "casio/ambient1:Ambient1", "casio/ambient2:Ambient2", "casio/ambient3:Ambient3"
            ),
            Ensemble(
                "drone",
                (
                    Layer("pad", ("drone", "sustain"), PADS, 40),
                    Layer("pad", ("sustain",), (*PADS, *CHOIRS), 55, 0.4),
                    Layer("chords", ("sparse",), BELLS, 67, 0.3),
                ),
            ),
            Ensemble(
                "slow arpeggios",
                (
                    Layer("pad", ("sustain",), PADS, 50),
                    Layer("chords", ("arpeggio", "broken"), (*BELLS, *MALLETS, 46), 60),
                    Layer("bass", ("pedal bass",), (*SYNTH_BASSES, 43), 31, 0.4),
                ),
            ),
            Ensemble(
                "downtempo",
                (
                    Layer("drums", ("half-time drums", "trap drums"), (25, 24), from_energy=0.4),
                    Layer("bass", ("pedal bass", "root-fifth bass"), SYNTH_BASSES, 28, 0.2),
                    Layer("pad", ("sustain",), PADS, 52),
                    Layer("chords", ("sparse", "comping"), (4, 5, 11, 0), 57, 0.3),
                ),
            ),
            Ensemble(
                "tape piano",
                (
                    Layer("chords", ("sparse", "broken"), (0, 1, 4), 52),
                    Layer("pad", ("sustain",), (*PADS, 49), 52, 0.4),
                ),
            ),
        ),
        drive=0.15,
    ),
    "hip-hop": Genre(
        (78, 104),
        ("dark", "calm", "happy", "melancholic", "energetic"),
        (4, 5, 11, 80, 81, 128, 129, 133, 73, 56, 26, 53, 46, 65),
        (
            *_grooves(
                "casio/hip-hop:Hip-Hop",
                "alexis/hiphop:HipHop,HipHopSusPlus1",
                "casio/triphop:TripHop",
                "zoom/hiphop:HIP01,HIP04",
                "zoom/trip:TRIP01,TRIP03",
            ),
            Ensemble(
                "boom bap",
                (
                    Layer("drums", ("boom-bap drums",), (0, 25, 8), from_energy=0.15),
                    Layer("bass", ("root-fifth bass", "pedal bass"), (32, 33, 38, 133), 28, 0.2),
                    Layer("chords", ("comping", "stabs", "sparse"), (0, 4, 5, 11, 26), 55),
                    Layer("pad", ("sustain",), (48, 50, 89), 57, 0.6),
                ),
            ),
            Ensemble(
                "trap",
                (
                    Layer("drums", ("trap drums",), (25,), from_energy=0.2),
                    Layer("bass", ("pedal bass",), (133, 135, 39), 24),
                    Layer("chords", ("arpeggio", "sparse", "ostinato"), (*BELLS, 46, 80), 60),
                    Layer("pad", ("sustain",), (*PADS, 52), 50, 0.5),
                ),
            ),
            Ensemble(
                "lo-fi",
                (
                    Layer("drums", ("boom-bap drums", "half-time drums"), (0, 8), from_energy=0.2),
                    Layer("bass", ("walking bass", "pedal bass"), (32, 33), 28, 0.2),
                    Layer("chords", ("comping", "sustain"), (4, 5, 0, 26), 52),
                ),
            ),
        ),
        drive=0.4,
    ),
    "latin": Genre(
        (92, 140),
        ("happy", "energetic", "romantic", "melancholic"),
        (56, 57, 73, 24, 65, 66, 0, 12, 21, 22, 40),
        (
            *_grooves(
                "stdlib/salsa:Salsa,SalsaSusPlus",
                "stdlib/bossanova:BossaNova,BossaNova1SusPlus",
                "stdlib/samba:Samba,SambaSusPlus",
                "stdlib/mambo:Mambo,Mambo2Sus",
                "stdlib/chacha:ChaCha,ChaCha1Sus",
                "stdlib/rhumba:Rhumba,RhumbaTripleSus",
                "stdlib/tango:Tango,TangoCleanPlus",
                "stdlib/merengue:Merengue,Merengue1Sus",
                "stdlib/son:Son,SonSusPlus",
                "stdlib/cubanguitar:CubanGuitar,CubanGuitarSusPlus",
                "stdlib/beguine:Beguine,Beguine1Sus",
                "stdlib/calypso:Calypso,Calypso1SusPlus",
                "casio/latinfusion:LatinFusion",
                "stdlib/lighttango:LightTango,LightTango1Sus",
            ),
            Ensemble(
                "nylon and shaker",
                (
                    Layer("drums", ("latin drums",), (0, 40), from_energy=0.3),
                    Layer("bass", ("root-fifth bass",), (32, 33, 35), 28, 0.2),
                    Layer("chords", ("travis", "comping", "strum"), (24, 26), 48),
                ),
            ),
        ),
        drive=0.1,
    ),
    "reggae": Genre(
        (112, 152),
        ("happy", "calm", "energetic", "dark"),
        (16, 17, 22, 26, 27, 57, 65, 56, 53, 73, 66),
        (
            *_grooves(
                "stdlib/ska:Ska,Ska1Sus",
                "zoom/reggae:REGG01,REGG03",
                "zoom/ska:SKA01,SKA03",
            ),
            Ensemble(
                "roots",
                (
                    Layer("drums", ("one-drop drums",), (0, 8), from_energy=0.2),
                    Layer("bass", ("reggae bass",), (33, 34, 32, 38), 26),
                    Layer("chords", ("offbeat",), (27, 28, 16, 0), 55),
                    Layer("counter", ("comping", "sparse"), (16, 17, 18), 55, 0.5),
                ),
            ),
            Ensemble(
                "dub",
                (
                    Layer("drums", ("one-drop drums", "half-time drums"), (0, 24)),
                    Layer("bass", ("reggae bass",), (38, 39, 133, 35), 26),
                    Layer("chords", ("offbeat", "sparse"), (4, 27, 16, 62), 55, 0.4),
                ),
            ),
            Ensemble(
                "ska band",
                (
                    Layer("drums", ("driving drums", "rock drums"), (0,)),
                    Layer("bass", ("walking bass",), (33, 34), 28),
                    Layer("chords", ("offbeat",), (27, 28, 0), 55),
                    Layer("counter", ("stabs", "fanfare"), (61, 57, 66), 55, 0.5),
                ),
            ),
        ),
        drive=0.25,
    ),
    "soul": Genre(
        (80, 122),
        ("happy", "romantic", "energetic", "melancholic"),
        (65, 66, 56, 61, 4, 16, 18, 27, 26, 53, 62, 87),
        (
            *_grooves(
                "casio/funk1:Funk1",
                "casio/funk2:Funk2",
                "stdlib/bvfunk:BVFunk,BVFunkHorns",
                "stdlib/dsoul:DSoul,DSoulSusPlus",
                "stdlib/rb:R&B,R&BSusPlus",
                "casio/soul:Soul",
                "casio/60ssoul:60sSoul",
                "casio/discosoul:DiscoSoul",
                "stdlib/strut:Strut,Strut2Sus",
                "casio/modernrb:ModernR&B",
                "casio/mellowrb:MellowRB",
                "kara/8beatmotown:8beatmotownA,8beatmotownC",
            ),
            Ensemble(
                "slow jam",
                (
                    Layer("drums", ("half-time drums", "boom-bap drums"), (24, 0), from_energy=0.3),
                    Layer("bass", ("root-fifth bass", "walking bass"), (33, 36, 38), 28, 0.2),
                    Layer("chords", ("comping", "sustain"), (4, 5, 7), 52),
                    Layer("pad", ("sustain",), (48, 50, 89), 55, 0.5),
                ),
            ),
        ),
        harmony="jazz",
        drive=0.3,
    ),
    "world": Genre(
        (72, 136),
        ("calm", "dark", "happy", "dreamy", "energetic"),
        (104, 107, 111, 77, 75, 110, 68, 106, 12, 15, 72, 40),
        (
            *_grooves(
                "stdlib/desert:Desert,DesertSus",
                "zoom/mide:MidE01,MidE03",
                "zoom/afro:AFRO01,AFRO05",
            ),
            *_grooves("stdlib/afro-cuban:Afro-Cuban,Afro-CubanSusPlus", beats=3),
            Ensemble(
                "raga",
                (
                    Layer("pad", ("drone",), (104, 109, 95), 48),
                    Layer("drums", ("frame drum",), (0, 48), from_energy=0.4),
                    Layer("chords", ("arpeggio", "sparse"), (104, 106, 107), 55, 0.3),
                ),
            ),
            Ensemble(
                "gamelan",
                (
                    Layer("chords", ("ostinato", "running"), (12, 13, 11, 114), 60),
                    Layer("chords", ("pulse", "sparse"), (14, 9, 112), 55, 0.3),
                    Layer("bass", ("pedal bass",), (14, 47, 12), 36, 0.2),
                ),
            ),
            Ensemble(
                "kalimba and drums",
                (
                    Layer("drums", ("latin drums", "frame drum"), (0, 48), from_energy=0.2),
                    Layer("chords", ("ostinato", "arpeggio"), (108, 12, 15), 57),
                    Layer("bass", ("root-fifth bass",), (32, 35), 28, 0.4),
                ),
            ),
            Ensemble(
                "zen garden",
                (
                    Layer("chords", ("sparse", "arpeggio"), (107, 46, 106), 52),
                    Layer("pad", ("drone", "sustain"), (77, 91, 49), 50, 0.4),
                ),
            ),
        ),
        drive=0.1,
    ),
}
"""Genre name to genre."""
