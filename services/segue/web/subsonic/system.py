"""What the server is, who may do what, and whether it reads its catalogue."""

from __future__ import annotations

from segue.v1 import catalog_service_pb2
from segue.web.subsonic.call import Call
from segue.web.subsonic.entries import Entry
from segue.web.subsonic.errors import Code, SubsonicError

EXTENSIONS = {"apiKeyAuthentication": [1], "formPost": [1], "sonicSimilarity": [1]}

_NOT_FOR_LISTENERS = ("admin", "settings", "upload", "coverArt", "comment", "podcast", "jukebox",
                      "share", "videoConversion")  # fmt: skip
_FOR_LISTENERS = ("download", "playlist", "stream")

FOLDER_ID = 1


async def ping(call: Call) -> Entry:
    """Say that the server answers, and knows who asks."""
    del call
    return {}


async def get_license(call: Call) -> Entry:
    """Say that everything may be used."""
    del call
    return {"license": {"valid": True}}


def extensions() -> Entry:
    """Say which extensions of OpenSubsonic are there."""
    listed = [{"name": name, "versions": versions} for name, versions in EXTENSIONS.items()]
    return {"openSubsonicExtensions": listed}


async def token_info(call: Call) -> Entry:
    """Say whose API key it is."""
    return {"tokenInfo": {"username": call.account.name}}


async def get_music_folders(call: Call) -> Entry:
    """Name the catalogue, which is one."""
    del call
    return {"musicFolders": {"musicFolder": [{"id": FOLDER_ID, "name": "Music"}]}}


async def get_user(call: Call) -> Entry:
    """Say what the account may do."""
    asked = call.parameters.get("username", call.account.name)
    if asked.lower() != call.account.name.lower():
        raise SubsonicError(Code.NOT_PERMITTED, "Accounts are shown to themselves only")
    return {"user": _user(call)}


async def get_users(call: Call) -> Entry:
    """Say what the account that asks may do."""
    return {"users": {"user": [_user(call)]}}


async def get_scan_status(call: Call) -> Entry:
    """Say how many songs there are; what is ingested is seen without a scan."""
    facets = await call.ask(
        "CatalogService", "ListFacets", catalog_service_pb2.ListFacetsRequest(page_size=1)
    )
    return {"scanStatus": {"scanning": False, "count": facets.total_tracks}}


async def start_scan(call: Call) -> Entry:
    """Refuse: what is ingested is for the owner of the stack to say."""
    del call
    raise SubsonicError(Code.NOT_PERMITTED, "Music is added by the owner: segue ingest, segue sync")


def _user(call: Call) -> Entry:
    roles = dict.fromkeys((f"{role}Role" for role in _FOR_LISTENERS), True)
    roles |= dict.fromkeys((f"{role}Role" for role in _NOT_FOR_LISTENERS), False)
    return {
        "username": call.account.name,
        "scrobblingEnabled": True,
        **roles,
        "folder": [FOLDER_ID],
    }
