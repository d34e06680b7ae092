"""The corpus of real music: recordings that Debian packages carry under free licences."""
