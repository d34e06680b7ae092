"""``python -m segue``: the same as the console command."""

from segue.cli import main

main()
