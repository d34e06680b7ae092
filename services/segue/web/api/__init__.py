"""The HTTP/JSON API: the gRPC API's messages as JSON, and media as browsers want them."""

from segue.web.api.table import routes

__all__ = ["routes"]
