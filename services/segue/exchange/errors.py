"""What is wrong with files of catalogues."""

from __future__ import annotations

from segue.errors import SegueError


class CatalogueFileUnusable(SegueError):
    """A file that holds no catalogue, or is damaged, or of a later version."""

    reason = "CATALOGUE_FILE_UNUSABLE"
    next_step = "Name a file or folder that segue export wrote, whole and as it was."


class ExportFailed(SegueError):
    """A catalogue file cannot be written."""

    reason = "EXPORT_FAILED"
    next_step = "Make room, or name a place that can be written. What was there before is unharmed."


class ExportExists(SegueError):
    """There is something at the place of an export."""

    reason = "EXPORT_EXISTS"
    next_step = "Name another place, or replace it with --overwrite."
