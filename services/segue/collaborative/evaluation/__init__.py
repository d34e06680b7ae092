"""How well recommenders find what listeners heard and they were not shown."""
