"""Generated from protos/segue/v1; see ``make protos``."""
