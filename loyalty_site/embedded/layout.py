"""Where things lie: data under var/, sockets where their path is short enough."""

import hashlib
import os
import secrets
import stat
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent.parent
DATABASE_NAME = "club"
NOBODY = 65534
# sockaddr_un holds 107 characters on Linux and 103 on macOS; the longest name below is 24.
LONGEST_SOCKET_FOLDER = 75
LOG_BYTES = 10 * 1024 * 1024


class ServiceError(Exception):
    """A sentence for the person at the terminal."""


def default_var() -> Path:
    return Path(os.environ.get("CLUB_VAR") or REPOSITORY / "var")


@dataclass(frozen=True)
class Account:
    """The user that the servers run as, where it isn't the one who started them."""

    uid: int
    gid: int

    def popen_arguments(self) -> dict:
        return {"user": self.uid, "group": self.gid, "extra_groups": []}


@dataclass(frozen=True)
class Layout:
    var: Path

    @classmethod
    def of(cls, var: Path | str | None = None) -> "Layout":
        """The layout of a data folder, which is made where it is missing."""
        folder = Path(var) if var else default_var()
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK):
            raise ServiceError(f"{folder} belongs to another user; start as that user.")
        return cls(folder.resolve())

    @cached_property
    def owner(self) -> os.stat_result:
        return self.var.stat()

    @cached_property
    def account(self) -> Account | None:
        """PostgreSQL refuses to run as root: then it runs as the folder's owner, or as nobody."""
        if os.geteuid() != 0:
            return None
        if self.owner.st_uid != 0:
            return Account(self.owner.st_uid, self.owner.st_gid)
        return Account(NOBODY, NOBODY)

    @property
    def lock(self) -> Path:
        return self.var / "embedded.lock"

    @property
    def launcher_lock(self) -> Path:
        return self.var / "run.lock"

    @property
    def mail(self) -> Path:
        return self.var / "mail"

    @property
    def text_messages(self) -> Path:
        return self.var / "sms"

    @property
    def children_record(self) -> Path:
        return self.var / "embedded.json"

    def log(self, name: str) -> Path:
        """The log file of a process; one long run can't fill the disk with old runs' words."""
        folder = self.folder(self.var / "log")
        path = folder / f"{name}.log"
        if path.exists() and path.stat().st_size > LOG_BYTES:
            path.replace(folder / f"{name}.log.1")
        path.touch()
        self.own(path)
        return path

    @cached_property
    def services(self) -> Path:
        """The servers' data. Below a closed folder such as /root the servers' user can't reach
        var/, so the data then lies in /var/lib and var/services is a link to it."""
        folder = self.var / "services"
        if not folder.exists():
            target = folder
            if not is_reachable(self.var, self.account):
                target = Path("/var/lib/loyalty-club") / secrets.token_hex(6)
                folder.unlink(missing_ok=True)  # a link whose target has gone
                folder.symlink_to(target)
            target.mkdir(parents=True, exist_ok=True)
            if target is not folder:
                target.parent.chmod(0o755)
        if self.account:
            os.chown(folder, self.account.uid, self.account.gid)
        folder.chmod(0o700)
        return folder.resolve()

    @cached_property
    def runtime(self) -> Path:
        """Sockets: var/run, or a short folder in /tmp named by the data folder's hash."""
        folder = self.var / "run"
        if len(os.fsencode(folder)) > LONGEST_SOCKET_FOLDER or not is_reachable(
            self.var, self.account
        ):
            digest = hashlib.sha256(os.fsencode(self.var)).hexdigest()[:12]
            folder = Path("/tmp") / f"club-{self.owner.st_uid}-{digest}"
        return folder

    @property
    def control_socket(self) -> Path:
        return self.runtime / "control"

    @property
    def sockets(self) -> Path:
        return self.runtime / "sockets"

    def make_runtime(self) -> None:
        """The socket folders, closed to everybody else; /tmp is shared, so trust is checked."""
        self.folder(self.runtime)
        found = self.runtime.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid not in {
            os.geteuid(),
            self.owner.st_uid,
        }:
            raise ServiceError(f"{self.runtime} belongs to somebody else; remove it first.")
        # Another user's server has to pass through to its own folder, which is closed in turn.
        self.runtime.chmod(0o711 if self.account else 0o700)
        self.sockets.mkdir(mode=0o700, exist_ok=True)
        if self.account:
            os.chown(self.sockets, self.account.uid, self.account.gid)
        self.sockets.chmod(0o700)

    def folder(self, path: Path) -> Path:
        if not path.exists():
            path.mkdir(parents=True, exist_ok=True)
            self.own(path)
        return path

    def own(self, path: Path) -> None:
        """What root makes in another user's folder stays that user's."""
        if os.geteuid() == 0 and self.owner.st_uid != 0:
            os.chown(path, self.owner.st_uid, self.owner.st_gid)


def is_reachable(path: Path, account: Account | None) -> bool:
    """Whether the account may pass through every folder down to the path."""
    if account is None:
        return True
    return all(_may_pass(folder.stat(), account) for folder in [path, *path.parents])


def _may_pass(found: os.stat_result, account: Account) -> bool:
    if found.st_uid == account.uid:
        return bool(found.st_mode & stat.S_IXUSR)
    if found.st_gid == account.gid:
        return bool(found.st_mode & stat.S_IXGRP)
    return bool(found.st_mode & stat.S_IXOTH)
