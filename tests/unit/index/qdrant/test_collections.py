"""Collections and aliases, in the client's own engine."""

from __future__ import annotations

from qdrant_client import AsyncQdrantClient, models

from segue.index.qdrant.collections import set_missing_aliases


async def test_aliases_are_set_once_and_not_turned_by_another_space() -> None:
    client = AsyncQdrantClient(location=":memory:")
    vectors = models.VectorParams(size=4, distance=models.Distance.COSINE)
    for space in ("one-v1", "two-v1"):
        for kind in ("tracks", "segments"):
            await client.create_collection(f"{kind}.{space}", vectors_config=vectors)
        await set_missing_aliases(client, space)
    aliases = (await client.get_aliases()).aliases
    assert {alias.alias_name: alias.collection_name for alias in aliases} == {
        "tracks": "tracks.one-v1",
        "segments": "segments.one-v1",
    }
    await client.close()
