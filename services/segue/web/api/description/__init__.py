"""The API's own description (OpenAPI 3.1), made from the protos and the table of endpoints.

``python -m segue.web.api.description DESCRIPTORS openapi.json`` writes it; ``make protos`` does so.
"""
