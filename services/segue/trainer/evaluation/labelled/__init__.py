"""Encoders on music that people labelled: genres, emotions and neighbours."""
