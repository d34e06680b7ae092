"""The ingest worker: takes recorded tracks, embeds them, stores them in the index.

- ``pipeline``: one track from URI to index, free of Celery and Redis
- ``sources``: where audio comes from
- ``session``: what a worker process keeps open, and the reporting of outcomes
- ``retrying``: what a failure means for the next attempt
- ``tasks``, ``signature``: the Celery tasks, and what producers send
- ``app``, ``requests``, ``dispatching``, ``limits``: the worker around them
"""
