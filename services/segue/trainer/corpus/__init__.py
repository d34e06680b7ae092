"""The rendered corpus: rule-based music with known identity, genre and mood, played as audio."""
