"""The map as JSON: each catalogue's own, kept apart where answers are kept."""

from __future__ import annotations

import pytest

from query_service import CATALOGUE, DIMENSION, TOKEN, embedded, serve
from segue.index.exact import ExactIndex
from segue.jobs.map_store import MapStore
from segue.query.access import Access
from segue.settings import QueueSettings
from segue.track_map import MapAbout
from unit.test_track_map import small_map


@pytest.fixture
async def service(tmp_path, redis_url):
    """A query service of two catalogues, each with a map."""
    own = ExactIndex(space="bands-v1", dimension=DIMENSION)
    await own.upsert(CATALOGUE)
    other = ExactIndex(space="bands-v1", dimension=DIMENSION, catalogue="archive")
    await other.upsert([embedded("z", 80)])
    queue = QueueSettings(redis_url=redis_url)
    stores = [MapStore(queue), MapStore(queue, catalogue="archive")]
    for number, store in enumerate(stores):
        await store.publish(small_map(seed=number), MapAbout("", "bands-v1", 4, 0, 2.0, 1.0))
    async for running in serve(
        own, tmp_path, access=Access(TOKEN), others=[other], map_stores=stores
    ):
        yield running


async def test_each_catalogue_has_its_own(guest):
    addresses = ("map", "map?catalogue=archive")
    first = [await guest.get(address) for address in addresses]
    assert [answer.status_code for answer in first] == [200, 200]
    own, other = (answer.json() for answer in first)
    assert own["version"] != other["version"]
    assert own["x"] != other["x"]
    again = [await guest.get(address) for address in addresses]  # as it was kept
    assert [answer.json() for answer in again] == [own, other]
    known = {"If-None-Match": first[1].headers["etag"]}
    assert (await guest.get(addresses[1], headers=known)).status_code == 304


async def test_one_that_is_not_there_is_told_of(guest):
    refused = await guest.get("map?catalogue=attic")
    assert refused.status_code == 404
    assert refused.json()["error"]["reason"] == "CATALOGUE_UNKNOWN"
