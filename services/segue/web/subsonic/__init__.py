"""OpenSubsonic: the API of Subsonic 1.16.1 with open extensions, which many players speak.

- ``table``: every method with what answers it
- ``application``: reads a request, knows who sent it, answers in XML or JSON
- ``library``: songs, albums and artists, made of the catalogue's tracks
"""

from segue.web.subsonic.opening import opened, routes

__all__ = ["opened", "routes"]
