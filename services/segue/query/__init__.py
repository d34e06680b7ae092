"""The gRPC query service."""
