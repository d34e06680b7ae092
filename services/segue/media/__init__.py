"""Where audio lies: files of this machine, object stores, and kept uploads."""
