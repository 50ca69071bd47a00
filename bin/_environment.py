"""Makes .venv and installs a lock into it. Standard library only: nothing is installed yet."""

# Tools of the workshop: they talk to a person and start programs.
# ruff: noqa: S603, T201

import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
ENVIRONMENT = REPOSITORY / ".venv"
PYTHON = ENVIRONMENT / "bin" / "python"
STAMP = ENVIRONMENT / "installed.json"
# uv lies beside the packages: syncing to a lock without it would remove it half way.
INSTALLER = ENVIRONMENT / "installer"
PRODUCT, DEVELOPMENT = "requirements.txt", "requirements-dev.txt"


def main() -> None:
    wanted = sys.argv[1]
    lock = os.open(REPOSITORY, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print("Waiting for another start to finish the Python environment ...", flush=True)
        fcntl.flock(lock, fcntl.LOCK_EX)
    installed = read_stamp()
    if installed.get("lock") == DEVELOPMENT:
        wanted = DEVELOPMENT  # it holds the product's lock too, and stays what it is
    stamp = {"lock": wanted, "digest": digest(wanted)}
    if installed == stamp and PYTHON.exists():
        return
    if not runs():
        print(f"Making the Python environment ({ENVIRONMENT.name}) ...", flush=True)
        make_environment()
    STAMP.unlink(missing_ok=True)
    print(f"Installing the pinned packages ({wanted}) ...", flush=True)
    install(wanted)
    STAMP.write_text(json.dumps(stamp))


def read_stamp() -> dict:
    try:
        return json.loads(STAMP.read_text())
    except (FileNotFoundError, ValueError):
        return {}


def digest(lock: str) -> str:
    return hashlib.sha256((REPOSITORY / lock).read_bytes()).hexdigest()


def runs() -> bool:
    """Whether its Python is there (a removed one leaves a dead link) and new enough."""
    check = [PYTHON, "-c", "import sys; sys.exit(sys.version_info < (3, 12))"]
    return PYTHON.exists() and subprocess.run(check, stderr=subprocess.DEVNULL).returncode == 0


def make_environment() -> None:
    shutil.rmtree(ENVIRONMENT, ignore_errors=True)
    made = subprocess.run([sys.executable, "-m", "venv", str(ENVIRONMENT)])
    if made.returncode:
        shutil.rmtree(ENVIRONMENT, ignore_errors=True)
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        sys.exit(
            "The virtual environment could not be made. On Debian the module venv is a package "
            f"of its own: apt-get install python{version}-venv"
        )


def install(lock: str) -> None:
    """With uv, which takes seconds; with pip, where uv does not run or does not get through."""
    # Trust what the machine trusts: behind a company's proxy uv's own list knows too little.
    environment = {"UV_SYSTEM_CERTS": "true", **os.environ, "VIRTUAL_ENV": str(ENVIRONMENT)}
    uv = find_uv()
    if uv:
        command = [uv, "pip", "sync", "--quiet", "--require-hashes", lock]
        if subprocess.run(command, cwd=REPOSITORY, env=environment).returncode == 0:
            return
        print("uv did not get through; trying pip, which takes longer ...", flush=True)
    command = [PYTHON, "-m", "pip", "install", "--quiet", "--require-hashes", "-r", lock]
    if subprocess.run(command, cwd=REPOSITORY).returncode:
        sys.exit("The packages could not be installed; the lines above say why.")


def find_uv() -> Path | None:
    uv = INSTALLER / "bin" / "uv"
    if uv.exists():
        return uv
    lines = (REPOSITORY / DEVELOPMENT).read_text()
    found = re.search(r"^uv==.*?(?=^\S|\Z)", lines, re.MULTILINE | re.DOTALL)
    if not found:
        return None
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write(found[0])
        file.flush()
        command = [PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        command += ["--target", INSTALLER, "--require-hashes", "--only-binary", ":all:"]
        failed = subprocess.run([*command, "-r", file.name]).returncode
    return None if failed or not uv.exists() else uv


if __name__ == "__main__":
    main()
