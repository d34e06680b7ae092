"""Which tracks are the same recording: comparing fingerprints, and the rule. Pure functions."""
