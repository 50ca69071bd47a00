"""Every benchmark runs, small; what it says of speed is for a person to read."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def folder():
    """One that the servers' user can reach, which pytest's own is not."""
    path = Path(tempfile.mkdtemp(prefix="club-bench-"))
    path.chmod(0o711)
    yield path
    shutil.rmtree(path)


@pytest.mark.django_db
def test_benchmarks_run(folder, migrated, tmp_path):
    schema = tmp_path / "schema.sql"
    schema.write_bytes(migrated)
    options = [f"--folder={folder}", f"--schema={schema}"]
    environment = {
        key: value for key, value in os.environ.items() if not key.startswith("COVERAGE")
    }

    done = subprocess.run(
        [sys.executable, "-m", "bench", "--scale", "--tiny", *options],
        cwd=REPOSITORY,
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert list(folder.iterdir()) == []
