from object_store import bucket, store

__all__ = ["bucket", "store"]
