"""The ingest worker: takes recorded tracks, embeds them, stores them in the index.

- ``pipeline``: one track from URI to index, free of Celery and Redis
- ``sources``: where audio comes from
- ``item_runner``: runs items in a worker process, and reports what became of them
- ``retrying``: what a failure means for the next attempt
- ``tasks``, ``task_arguments``: the Celery tasks, and what producers send
- ``backends``: opens what the pipeline works with
- ``broker``: Celery's way to the queue
- ``app``, ``attempts``, ``dispatching``, ``process_setup``: the worker around them
"""
