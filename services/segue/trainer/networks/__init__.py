"""The encoders: log-mel chunks in dB in, unit vectors out; one module for each kind."""
