"""Where a command finds the folder that all replicas of the page share."""

from __future__ import annotations

import os
from pathlib import Path

from segue.cli.stack_address import data_folder
from segue.settings import WebSettings, from_environment, variable_name


def web_folder(data: Path | None) -> Path:
    """The page's folder: of ``--data``, else ``SEGUE_WEB_FOLDER``, else of the default folder."""
    if data is None and variable_name("web_folder") in os.environ:
        return from_environment(WebSettings).web_folder
    return data_folder(data).web
