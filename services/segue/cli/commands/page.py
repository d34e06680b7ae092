"""``segue page``: a link to the page that signs the owner in."""

from __future__ import annotations

import time
import webbrowser
from pathlib import Path

import click

from segue.cli.options import data_option
from segue.cli.stack_address import data_folder
from segue.command import SegueCommand, json_option
from segue.errors import InvalidRequest
from segue.output import say_json, say_secret
from segue.owner_token import token_of
from segue.secret_file import read_secret
from segue.settings import AccessSettings, from_environment
from segue.sign_in_codes import LIFETIME_SECONDS, sign_in_link


class OwnerTokenMissing(InvalidRequest):
    """A link is made from the owner's token, which is not at hand."""

    reason = "OWNER_TOKEN_MISSING"
    next_step = "Set SEGUE_OWNER_TOKEN_FILE to the file with the token of that stack's owner."


@click.command(cls=SegueCommand)
@data_option
@click.option("--at", "deployed", envvar="SEGUE_PAGE", metavar="URL",
              help="Address of a deployed page, such as https://music.example/, instead of the "
              "page of the data folder's stack.  [env: SEGUE_PAGE]")  # fmt: skip
@click.option("--open", "in_browser", is_flag=True, help="Open it in the browser.")
@json_option
def page(data: Path | None, deployed: str | None, in_browser: bool, as_json: bool) -> None:
    """Print a link to the page that signs you in as the owner.

    It holds once, for a quarter of an hour. The owner's token stays where it is.
    """
    if deployed:
        token = token_of(from_environment(AccessSettings))
        if not token:
            raise OwnerTokenMissing("there is no token to make a link from")
        address = f"{deployed.rstrip('/')}/"
    else:
        folder = data_folder(data)
        address = folder.running().parts["web"].address
        token = read_secret(folder.owner_token_file)
    link = sign_in_link(address, token, time.time())
    if as_json:
        say_json({"page": address, "link": link, "seconds": LIFETIME_SECONDS})
    else:
        say_secret(link)
    if in_browser:
        webbrowser.open(link)
