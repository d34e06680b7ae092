"""XML of strangers, element by element: no entities, no other files, bounded memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, NamedTuple
from xml.parsers import expat

_CHUNK_BYTES = 64 * 1024
_MOST_TEXT = 64 * 1024
_DEEPEST = 64


class BrokenXml(ValueError):
    """It is no XML, or holds what no honest program writes into it."""


class XmlEvent(NamedTuple):
    """Begin or end of an element.

    Attributes
    ----------
    ends
        Whether it is the end.
    depth
        Of the element, from 1.
    text
        What stands directly in the element so far, cut at 64 Ki characters; empty at its begin.
    """

    ends: bool
    name: str
    depth: int
    text: str


def xml_events(file: BinaryIO) -> Iterator[XmlEvent]:
    """Read a file from where it stands.

    Raises
    ------
    BrokenXml
        When it is not well-formed, declares entities, or is nested more than 64 deep.
    OSError
        When it cannot be read.
    """
    reading = _Reading()
    while True:
        chunk = file.read(_CHUNK_BYTES)
        try:
            reading.parser.Parse(chunk, not chunk)
        except expat.ExpatError as exc:
            raise BrokenXml(str(exc)) from exc
        yield from reading.events
        reading.events.clear()
        if not chunk:
            return


class _Reading:
    def __init__(self) -> None:
        self.events: list[XmlEvent] = []
        self._texts: list[list[str]] = []
        self._lengths: list[int] = []
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._begin
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.EntityDeclHandler = self._entity

    def _begin(self, name: str, attributes: dict[str, str]) -> None:
        del attributes
        self._texts.append([])
        self._lengths.append(0)
        depth = len(self._texts)
        if depth > _DEEPEST:
            raise BrokenXml(f"elements are nested more than {_DEEPEST} deep")
        self.events.append(XmlEvent(False, name, depth, ""))

    def _end(self, name: str) -> None:
        depth = len(self._texts)
        self._lengths.pop()
        self.events.append(XmlEvent(True, name, depth, "".join(self._texts.pop())))

    def _text(self, text: str) -> None:
        room = _MOST_TEXT - self._lengths[-1]
        if room > 0:
            self._texts[-1].append(text[:room])
            self._lengths[-1] += len(text)

    def _entity(self, *_: object) -> None:
        raise BrokenXml("it declares entities")
