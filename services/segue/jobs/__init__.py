"""Ingest jobs and dead letters, kept in Redis.

What Redis says of an item is the truth; Celery's messages are only hints that there is work.

- ``port``: the submitting side as the query service sees it
- ``redis_store``: its Redis implementation
- ``ledger``: the recording side, used by the ingest worker
- ``presence``: which workers live
- ``playlist_store``: saved playlists and stars, of which the web process is the only user
- ``records``: how items are written down
- ``scripts``: the state changes, each one atomic
"""
