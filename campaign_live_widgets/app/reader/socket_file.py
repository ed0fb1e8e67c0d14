"""The reader's Unix socket: where it may be, and who may connect to it."""

from __future__ import annotations

import os
import socket
import stat
import struct
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from campaign_live_widgets.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Collection

_LONGEST: Final = 107
"""Bytes of the longest path of a socket on Linux."""
_WRITABLE_BY_OTHERS: Final = stat.S_IWGRP | stat.S_IWOTH
_PEER: Final = struct.Struct("=iII")
"""Process, user and group."""
_PEER_GROUPS: Final = 59
"""Linux's ``SO_PEERGROUPS``."""
_GROUPS_BYTES: Final = 1024
"""The most that Python receives of an option: 256 groups."""
_PENDING: Final = 128
"""Connections that may wait to be accepted."""
_CONNECT_SECONDS: Final = 1.0


def is_short(path: str | os.PathLike[str]) -> bool:
    """Return whether a socket can have this path."""
    return len(os.fsencode(path)) <= _LONGEST


def require_short(path: str | os.PathLike[str]) -> Path:
    """Return the path of a socket; raise :class:`UsageError` if it is too long for one."""
    if not is_short(path):
        message = (
            f"{os.fspath(path)}: the path of a socket may have {_LONGEST} bytes, this one has "
            f"{len(os.fsencode(path))}; give a shorter one"
        )
        raise UsageError(message)
    return Path(path)


def group_id(name: str) -> int:
    """Return the number of a group of this machine; raise :class:`UsageError` if there is none."""
    import grp

    try:
        return grp.getgrnam(name).gr_gid
    except KeyError:
        message = f"--allow-group {name}: this machine has no such group"
        raise UsageError(message) from None


class SocketFile:
    """A socket of the reader that listens; only its owner, or a group, may connect to it.

    Parameters
    ----------
    path : str or path
        A missing folder is created, for its owner alone, or for the group as well.
    group : int, optional
        The id of a group whose members may connect, too.

    Raises
    ------
    UsageError
        If the path is too long, its folder is not the owner's own, there is another file, or
        another reader uses it.
    """

    def __init__(self, path: str | os.PathLike[str], group: int | None = None) -> None:
        self._path, self._group = require_short(path), group
        try:
            _make_private(self._path.parent, group)
            _remove_unused(self._path)
            self.socket = self._listen()
        except OSError as error:
            message = f"{self._path}: the socket cannot be created ({error.strerror})"
            raise UsageError(message) from None

    def _listen(self) -> socket.socket:
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        before = os.umask(0o177)
        try:
            listening.bind(str(self._path))
        except BaseException:
            listening.close()
            raise
        finally:
            os.umask(before)
        self._identity = _identity(self._path)
        if self._group is not None:
            try:
                os.chown(self._path, -1, self._group)
                self._path.chmod(0o660)
            except OSError as error:
                self.close()
                listening.close()
                message = f"--allow-group: the group cannot own the socket ({error.strerror})"
                raise UsageError(message) from None
        listening.listen(_PENDING)
        return listening

    def close(self) -> None:
        """Remove the file, unless another reader has replaced it."""
        with suppress(OSError):
            if _identity(self._path) == self._identity:
                self._path.unlink()

    def allows(self, peer: socket.socket) -> bool:
        """Return whether the process at the other end may use the reader."""
        if not hasattr(socket, "SO_PEERCRED"):
            return True  # the modes of the folder and of the socket are the only protection
        data = peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size)
        _process, user, group = _PEER.unpack(data)
        if user == os.getuid():
            return True
        return self._group is not None and self._group in {group, *_groups_of(peer, user)}


def _groups_of(peer: socket.socket, user: int) -> Collection[int]:
    """Return the further groups of the process at the other end."""
    try:
        data = peer.getsockopt(socket.SOL_SOCKET, _PEER_GROUPS, _GROUPS_BYTES)
    except OSError:
        return _groups_in_list(user)
    return struct.unpack(f"={len(data) // 4}I", data)


def _groups_in_list(user: int) -> Collection[int]:
    """Return the groups that the machine's list of users names."""
    import pwd

    try:
        entry = pwd.getpwuid(user)
    except KeyError:
        return ()
    return os.getgrouplist(entry.pw_name, entry.pw_gid)


def _make_private(folder: Path, group: int | None) -> None:
    """Create the folder of a socket, or check that only its owner may write to it."""
    if not folder.exists():
        folder.mkdir(parents=True, mode=0o700)
        if group is not None:
            os.chown(folder, -1, group)
            folder.chmod(0o710)
    status = folder.stat()
    if not stat.S_ISDIR(status.st_mode):
        message = f"{folder} is not a folder"
        raise UsageError(message)
    if status.st_uid != os.getuid():
        message = f"{folder} belongs to another user; put the socket into a folder that is yours"
        raise UsageError(message)
    if status.st_mode & _WRITABLE_BY_OTHERS:
        message = (
            f"{folder} is writable by other users; put the socket into a folder that only you can "
            "write to (chmod go-w)"
        )
        raise UsageError(message)


def _remove_unused(path: Path) -> None:
    """Remove the socket of a reader that was killed; raise where the path is in use."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        message = f"{path}: there is another file; give a path for the socket"
        raise UsageError(message)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(_CONNECT_SECONDS)
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            with suppress(FileNotFoundError):
                path.unlink()
            return
    message = f"{path}: another reader uses this socket"
    raise UsageError(message)


def _identity(path: Path) -> tuple[int, ...]:
    status = path.lstat()
    return status.st_dev, status.st_ino, status.st_mtime_ns
