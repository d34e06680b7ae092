"""What this process may not read or write, in words for the person who can change it."""

from __future__ import annotations

import errno
import os
import pwd
import stat
from pathlib import Path

from segue.errors import (
    QueueUnavailable,
    SegueError,
    SourceError,
    SourceNotReadable,
    SourceUnavailable,
)

_COMMAND_MAY_NOT = "Let that user read it (chmod, setfacl), or run the command as a user who may."


_NO_SUCH_FILE = frozenset(
    {
        errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ELOOP, errno.ENAMETOOLONG, errno.EINVAL,
        errno.EILSEQ, errno.ENXIO, errno.ENODEV,
    }
)  # fmt: skip
"""What the system says of a name that leads to no file. All else it says of what the file lies on:
a share that went stale (ESTALE), is not connected (ENOTCONN) or does not answer (ETIMEDOUT,
EHOSTDOWN), a disk that fails (EIO), a process with too many open files. That may pass."""


def this_user() -> str:
    """Who this process runs as, with the numbers that file systems go by."""
    uid, gid = os.geteuid(), os.getegid()
    try:
        name = pwd.getpwuid(uid).pw_name
    except KeyError:  # a container's user need not have a name
        name = "without a name"
    return f"the user {name} (uid {uid}, gid {gid})"


def unreadable(path: Path, failure: OSError, *, by_command: bool = False) -> SegueError:
    """Why a file cannot be opened, or read on.

    Parameters
    ----------
    failure
        What the attempt raised.
    by_command
        Whether this process is the caller's own command, and not a worker: the next step is theirs.

    Returns
    -------
    SegueError
        A ``SourceError`` when there is no such file; a ``SourceNotReadable`` when it, or a folder
        on the way to it, is there but closed to this process; a ``SourceUnavailable`` when what it
        lies on fails.
    """
    if not isinstance(failure, PermissionError):
        said = f"cannot read {str(path)!r}: {failure.strerror or failure}"
        if failure.errno in _NO_SUCH_FILE:
            return SourceError(said, next_step="Check the path." if by_command else None)
        return SourceUnavailable(
            said,
            next_step="Try again once the share or disk that it lies on answers."
            if by_command
            else None,
        )
    closed = next((one for one in _folders(path) if not os.access(one, os.X_OK)), None)
    denied = "read it" if closed is None else f"enter the folder {str(closed)!r}"
    return SourceNotReadable(
        f"cannot read {str(path)!r}: {this_user()} may not {denied}{_ownership(closed or path)}",
        next_step=_COMMAND_MAY_NOT if by_command else None,
    )


def unwritable_spool(spool: Path, failure: OSError) -> QueueUnavailable:
    """Why nothing can be put into the spool folder."""
    denied = isinstance(failure, PermissionError)
    why = f"{this_user()} may not{_ownership(spool)}" if denied else failure.strerror
    return QueueUnavailable(
        f"the spool folder {spool} cannot be written: {why}",
        reason="SPOOL_UNWRITABLE",
        next_step="Give the folder to that user (chown), or set SEGUE_SPOOL to a folder of theirs."
        if denied
        else "Make room on the disk, or set SEGUE_SPOOL to a folder that can be written.",
    )


def _folders(path: Path) -> list[Path]:
    """The folders on the way to a file, outermost first."""
    return list(reversed(path.absolute().parents))


def _ownership(path: Path) -> str:
    try:
        status = path.stat()
    except OSError:
        return ""
    mode = stat.S_IMODE(status.st_mode)
    return f"; it belongs to uid {status.st_uid}, gid {status.st_gid}, mode {mode:03o}"
