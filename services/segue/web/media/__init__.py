"""Audio and pictures over HTTP."""
