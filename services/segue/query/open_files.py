"""Room for connections among the files that a process may have open."""

from __future__ import annotations

import logging
import resource

log = logging.getLogger(__name__)

OTHER_FILES = 512
"""Files that the service opens besides connections: uploads, the index, pipes to decoders."""


def room_for_connections(wanted: int) -> int:
    """Raise this process's limit on open files as far as it takes and as the system lets it.

    Parameters
    ----------
    wanted
        Connections.

    Returns
    -------
    int
        Connections that there is room for: fewer than wanted where the hard limit is lower.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = wanted + OTHER_FILES
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return wanted
    if hard == resource.RLIM_INFINITY or hard >= needed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
        return wanted
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    fits = max(1, hard // 2)
    log.warning(
        "the limit of %d open files leaves room for %d connections, not for %d", hard, fits, wanted
    )
    return fits
