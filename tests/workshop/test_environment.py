"""The commands find a Python that will do, and the locks install the same packages everywhere."""

import os
import re
import shutil
import subprocess
import sys

import pytest

from loyalty_site.embedded.layout import REPOSITORY


def test_old_python_is_refused_with_a_sentence(tmp_path):
    for name in ("bash", "dirname"):
        (tmp_path / name).symlink_to(shutil.which(name))
    old = tmp_path / "python3"
    old.write_text('#!/bin/bash\n[ "$1" = --version ] && echo Python 3.11.2\nexit 1\n')
    old.chmod(0o755)
    found = subprocess.run(
        ["bash", "-c", "source bin/_lib.sh; find_python"],
        cwd=REPOSITORY,
        env={**os.environ, "PATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert found.returncode == 1
    assert "Python 3.12 or newer is needed" in found.stderr
    assert "Python 3.11.2" in found.stderr


def test_what_is_installed_needs_no_other_python(tmp_path):
    shutil.copytree(REPOSITORY / "bin", tmp_path / "bin")
    (tmp_path / "bin" / "_environment.py").write_text("import sys; print(sys.executable)")
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    bare = tmp_path / "path"
    bare.mkdir()
    for name in ("bash", "dirname"):
        (bare / name).symlink_to(shutil.which(name))
    made = subprocess.run(
        ["bash", "-c", "source bin/_lib.sh; make_environment requirements.txt"],
        cwd=tmp_path,
        env={"PATH": str(bare)},
        capture_output=True,
        text=True,
    )
    assert made.returncode == 0, made.stderr
    assert made.stdout.strip().endswith(".venv/bin/python")


@pytest.mark.parametrize("name", ["requirements", "requirements-dev"])
def test_lock_has_a_hash_for_everything_and_names_no_host(name):
    lock = (REPOSITORY / f"{name}.txt").read_text()
    pins = re.findall(r"^[a-z0-9-]+==[^\s;]+", lock, re.MULTILINE)
    entries = re.split(r"^(?=[a-z0-9-]+==)", lock, flags=re.MULTILINE)[1:]
    assert len(entries) == len(pins) > 50
    assert [entry for entry in entries if "--hash=sha256:" not in entry] == []
    assert "://" not in lock
    wanted = re.findall(r"^[\w-]+(?:\[.*?\])?==.+$", (REPOSITORY / f"{name}.in").read_text(), re.M)
    exact = {re.sub(r"\[.*?\]", "", pin).lower() for pin in wanted}
    assert exact - set(pins) == set()
