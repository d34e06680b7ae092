"""The commands of the trainer, a module each; heavy libraries are imported when one is called."""
