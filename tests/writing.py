"""Characters of writing, for texts that are made at random: what callers may send."""

from __future__ import annotations

from hypothesis import strategies as st

WRITING = st.characters(
    exclude_categories=["Cc", "Cs"],
    exclude_characters="\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069",
)
