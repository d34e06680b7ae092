"""The kinds of audio files that Segue takes: one table for all that look for music or decode it."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Container(enum.Enum):
    """A container that Segue opens; the value is FFmpeg's name of its demuxer."""

    MP3 = "mp3"
    FLAC = "flac"
    OGG = "ogg"
    WAV = "wav"
    W64 = "w64"
    AIFF = "aiff"
    AU = "au"
    CAF = "caf"
    MP4 = "mp4"
    AAC = "aac"
    LOAS = "loas"
    ASF = "asf"
    MATROSKA = "matroska"
    WAVPACK = "wv"
    TTA = "tta"
    APE = "ape"
    TAK = "tak"
    MUSEPACK7 = "mpc"
    MUSEPACK8 = "mpc8"
    SHORTEN = "shn"
    AC3 = "ac3"
    EAC3 = "eac3"
    DTS = "dts"
    DTS_HD = "dtshd"
    MLP = "mlp"
    TRUEHD = "truehd"
    DSF = "dsf"
    DSDIFF = "iff"
    AMR = "amr"


@dataclass(frozen=True, slots=True)
class AudioFormat:
    """A kind of files, as people name it.

    Attributes
    ----------
    suffixes
        Endings of their names, lower case, with the dot.
    containers
        What their bytes are opened as.
    codecs
        FFmpeg's names of what is usually in them; every codec of the table is decoded wherever
        it is found.
    written_by
        What writes such a file for the tests: ``PyAV``, or a program that need not be installed.
        None: nothing at hand does.
    """

    name: str
    suffixes: tuple[str, ...]
    containers: tuple[Container, ...]
    codecs: tuple[str, ...]
    written_by: str | None = "PyAV"


_PCM = "pcm_*"
_ADPCM = ("adpcm_ms", "adpcm_ima_wav", "adpcm_ima_qt")

FORMATS = (
    AudioFormat("MP3", (".mp3", ".mpga"), (Container.MP3,), ("mp3",)),
    AudioFormat("MPEG audio, layer 1 and 2", (".mp1", ".mp2"), (Container.MP3,), ("mp1", "mp2")),
    AudioFormat("FLAC", (".flac", ".fla"), (Container.FLAC,), ("flac",)),
    AudioFormat("Ogg Vorbis", (".ogg", ".oga"), (Container.OGG,), ("vorbis", "flac")),
    AudioFormat("Opus", (".opus",), (Container.OGG,), ("opus",)),
    AudioFormat("Speex", (".spx",), (Container.OGG,), ("speex",), "ffmpeg"),
    AudioFormat(
        "WAV, RF64, BW64", (".wav", ".wave", ".bwf", ".rf64"), (Container.WAV,),
        (_PCM, *_ADPCM, "gsm_ms"),
    ),
    AudioFormat("Wave64", (".w64",), (Container.W64,), (_PCM,)),
    AudioFormat(
        "AIFF", (".aif", ".aiff", ".aifc", ".afc"), (Container.AIFF,), (_PCM, "adpcm_ima_qt")
    ),
    AudioFormat("Sun audio", (".au", ".snd"), (Container.AU,), (_PCM,)),
    AudioFormat("Core Audio", (".caf",), (Container.CAF,), (_PCM, "alac", "aac")),
    AudioFormat(
        "MPEG-4 (AAC, ALAC)", (".m4a", ".m4b", ".m4r", ".mp4", ".3gp", ".3g2"), (Container.MP4,),
        ("aac", "alac"),
    ),
    AudioFormat("AAC, bare", (".aac", ".adts"), (Container.AAC,), ("aac",)),
    AudioFormat("AAC in LATM", (".latm", ".loas"), (Container.LOAS,), ("aac_latm",)),
    AudioFormat(
        "Windows Media", (".wma", ".asf"), (Container.ASF,),
        ("wmav1", "wmav2", "wmapro", "wmalossless", "wmavoice"),
    ),
    AudioFormat("Matroska, WebM", (".mka", ".weba", ".webm"), (Container.MATROSKA,), ("opus",)),
    AudioFormat("WavPack", (".wv",), (Container.WAVPACK,), ("wavpack",)),
    AudioFormat("True Audio", (".tta",), (Container.TTA,), ("tta",)),
    AudioFormat("AC-3", (".ac3",), (Container.AC3,), ("ac3",)),
    AudioFormat("Enhanced AC-3", (".eac3", ".ec3"), (Container.EAC3,), ("eac3",)),
    AudioFormat("AMR", (".amr",), (Container.AMR,), ("amr_nb", "amr_wb")),
    AudioFormat(
        "DSD", (".dsf", ".dff"), (Container.DSF, Container.DSDIFF),
        ("dsd_lsbf", "dsd_msbf", "dsd_lsbf_planar", "dsd_msbf_planar", "dst"),
    ),
    AudioFormat("DTS", (".dts", ".dtshd"), (Container.DTS, Container.DTS_HD), ("dts",), "ffmpeg"),
    AudioFormat(
        "TrueHD, MLP", (".thd", ".truehd", ".mlp"), (Container.TRUEHD, Container.MLP),
        ("truehd", "mlp"), "ffmpeg",
    ),
    AudioFormat(
        "Musepack", (".mpc", ".mpp", ".mp+"), (Container.MUSEPACK7, Container.MUSEPACK8),
        ("musepack7", "musepack8"), "mpcenc",
    ),
    AudioFormat("Monkey's Audio", (".ape",), (Container.APE,), ("ape",), None),
    AudioFormat("TAK", (".tak",), (Container.TAK,), ("tak",), None),
    AudioFormat("Shorten", (".shn",), (Container.SHORTEN,), ("shorten",), None),
)  # fmt: skip

AUDIO_SUFFIXES = frozenset(suffix for format_ in FORMATS for suffix in format_.suffixes)
"""Endings of names of audio files, lower case, with the dot. What a file is, its bytes say."""

BARE = frozenset(
    {
        Container.MP3, Container.AAC, Container.LOAS, Container.AC3, Container.EAC3, Container.DTS,
        Container.DTS_HD, Container.MLP, Container.TRUEHD, Container.AMR,
    }
)  # fmt: skip
"""Frames one after the other, without a header that says how many."""

_CODECS = frozenset(codec for format_ in FORMATS for codec in format_.codecs)

_LOSSLESS = frozenset(
    {
        "flac", "alac", "wavpack", "tta", "ape", "tak", "shorten", "truehd", "mlp", "wmalossless",
        "dsd_lsbf", "dsd_msbf", "dsd_lsbf_planar", "dsd_msbf_planar", "dst",
    }
)  # fmt: skip


def is_decoded(codec: str) -> bool:
    """Whether Segue decodes a codec, by FFmpeg's name of it."""
    return codec in _CODECS or codec.startswith("pcm_")


def is_lossless(codec: str) -> bool:
    """Whether a codec gives the very samples that were encoded."""
    return codec in _LOSSLESS or codec.startswith("pcm_")
