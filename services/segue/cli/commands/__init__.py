"""The commands that run a stack or speak to one; those of each process stay with it."""
