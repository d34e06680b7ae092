"""The page of audio formats, written from the table that the decoder goes by.

``python -m segue.audio.format_table docs/formats.md`` writes it anew.
"""

from __future__ import annotations

import sys
from pathlib import Path

from segue.audio.damage import LEAST_SECONDS, LEAST_SHARE, SLIGHT_SECONDS
from segue.audio.endings import MOST_LINKS
from segue.audio.formats import FORMATS, AudioFormat

_BEGINNING = """\
# Audio formats

Written by `python -m segue.audio.format_table`; change `services/segue/audio/formats.py` instead.

What a file is, its bytes say; its name only decides whether a folder's walk takes it. Every codec
of the table is decoded in every container of the table. *Tested*: the tests write such a file and
decode it, of some where the program that writes it is installed; for the others there is a decoder,
but nothing at hand that writes them.

| format | names end in | codecs (FFmpeg's names) | tested |
|---|---|---|---|
"""

_END = f"""
Not read: RealAudio, OptimFROG, True Audio 2, AMR of several channels, MIDI and tracker modules
(they are scores), playlists, and pictures. Files with DRM do not decode.

## Joined files

Links of a chained Ogg file are decoded one after the other, each with its codec, rate and channels;
at most {MOST_LINKS:,}. MP3s that were joined are as long as all of them together. Tags, zeros (up
to 16 MiB) and up to 256 KiB of anything else before MPEG audio frames are passed over. Of M4A and
WAV files that were joined, players and Segue hear the first.

## Cue sheets

A long file that a cue sheet divides, beside it or in it, is several tracks:
[ingest.md](ingest.md#cue-sheets).

## Damage

What a file declares of its length is compared with what decodes, wherever it was lost. A file of
which at least {LEAST_SHARE:.0%} and at least {LEAST_SECONDS:g} s decode, or which lost at most
{SLIGHT_SECONDS:g} s, is indexed from what decodes. The track says so (`damage`, shown by
`segue track`), and so do the job and the summary of `segue ingest` (reason `AUDIO_DAMAGED`). Any
other is refused, with what was found: `AUDIO_TRUNCATED` when it breaks off, otherwise
`AUDIO_UNDECODABLE`. `SEGUE_AUDIO_DAMAGE=refuse` refuses both.

Some files do not say how long they are. An Ogg file that breaks off counts as what it holds. Of an
MP3, AAC or AC-3 file without a count, bytes that are no frames count as lost, and one that breaks
off cannot be told from a whole one. Samples of a WAV, AIFF or AU file are whatever its bytes are:
zeros in them are silence.
"""


def _tested(one: AudioFormat) -> str:
    if one.written_by is None:
        return "decoder only"
    return "yes" if one.written_by == "PyAV" else f"yes, with `{one.written_by}`"


def format_page() -> str:
    """The page in Markdown."""
    rows = "".join(
        f"| {one.name} | {_quoted(one.suffixes)} | {_quoted(one.codecs)} | {_tested(one)} |\n"
        for one in FORMATS
    )
    return _BEGINNING + rows + _END


def _quoted(names: tuple[str, ...]) -> str:
    return " ".join(f"`{name}`" for name in names)


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(format_page())
