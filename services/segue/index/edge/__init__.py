"""The embedded index: the Qdrant engine inside the query process, on disk."""
