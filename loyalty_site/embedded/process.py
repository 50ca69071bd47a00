"""Child processes that die with their parent, restart after a crash, and leave nothing behind."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import psutil

PR_SET_PDEATHSIG = 1
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
STEADY_SECONDS = 60.0  # a child that ran this long starts again without a pause
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def die_with_parent(signum: int) -> Callable[[], None] | None:
    """For Popen's preexec_fn, which runs after the change of user (that would clear the wish).

    The kernel watches the thread that spawned the child, so only the main thread may use it.
    Other systems have nothing like it: there the next start ends what it finds.
    """
    if _libc is None:
        return None
    libc, parent = _libc, os.getpid()

    def request() -> None:
        libc.prctl(PR_SET_PDEATHSIG, signum)
        if os.getppid() != parent:  # it died before the wish was heard
            os.kill(os.getpid(), signum)

    return request


class Child:
    """One supervised process."""

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        log: Path,
        env: Mapping[str, str],
        cwd: Path,
        stop_signal: int = signal.SIGTERM,
        stop_seconds: float = 20.0,
        before_start: Callable[[], None] | None = None,
        popen_arguments: Mapping | None = None,
    ) -> None:
        self.name, self.command, self.log = name, [str(part) for part in command], log
        self.env, self.cwd = dict(env), cwd
        self.stop_signal, self.stop_seconds = stop_signal, stop_seconds
        self.before_start, self.popen_arguments = before_start, dict(popen_arguments or {})
        self.process: subprocess.Popen | None = None
        self.started_at = 0.0
        self.pause = FIRST_PAUSE
        self.start_again_at: float | None = None

    def start(self) -> None:
        if self.before_start:
            self.before_start()
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self.env,
                cwd=self.cwd,
                start_new_session=True,  # Ctrl-C is the parent's to pass on, in order
                preexec_fn=die_with_parent(self.stop_signal),
                **self.popen_arguments,
            )
        self.started_at = time.monotonic()
        self.start_again_at = None

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def tend(self) -> str | None:
        """Starts the child again after a crash, later each time. Returns what happened."""
        now = time.monotonic()
        if self.start_again_at is not None:
            if now >= self.start_again_at:
                self.start()
            return None
        if self.process is None or self.process.poll() is None:
            return None
        self.end_group()
        if now - self.started_at > STEADY_SECONDS:
            self.pause = FIRST_PAUSE
        self.start_again_at, status = now + self.pause, self.process.returncode
        text = f"{self.name} ended with status {status}; starting it again in {self.pause:.1f} s"
        self.pause = min(self.pause * 2, LONGEST_PAUSE)
        return text

    def request_stop(self) -> None:
        self.start_again_at = None
        if self.process and self.process.poll() is None:
            self.process.send_signal(self.stop_signal)

    def stop(self) -> None:
        self.request_stop()
        if self.process is None:
            return
        try:
            self.process.wait(self.stop_seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.end_group()
        self.process = None

    def end_group(self) -> None:
        """A crashed parent's own children would hold its port and its work."""
        if self.process:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)

    def identity(self) -> list | None:
        """What tells this process from a later one with the same number."""
        if not self.is_running or self.process is None:
            return None
        try:
            created = psutil.Process(self.process.pid).create_time()
        except psutil.Error:
            return None
        return [self.process.pid, created, int(self.stop_signal)]


def end_leftovers(identities: Sequence[Sequence], *, seconds: float = 20.0) -> None:
    """Ends what an earlier parent left running, politely first."""
    left = []
    for pid, created, signum in identities:
        try:
            process = psutil.Process(pid)
            if abs(process.create_time() - created) < 1:
                process.send_signal(signum)
                left.append(process)
        except psutil.Error:
            continue
    _, alive = psutil.wait_procs(left, timeout=seconds)
    for process in alive:
        try:
            process.kill()
        except psutil.Error:
            continue
    psutil.wait_procs(alive, timeout=5)
