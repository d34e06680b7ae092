"""How good the encoders are: one table of baselines and models over the same clips."""
