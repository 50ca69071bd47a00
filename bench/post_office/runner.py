"""django-post_office in a venv of its own, for the same mails as the outbox."""

import json
import os
import subprocess
import time
import venv
from pathlib import Path

from bench.databases import checkpoint, connect, drop_database
from loyalty_site.embedded.layout import DATABASE_NAME, REPOSITORY

PACKAGES = ("django-post_office==3.12.0", "Django<6", "psycopg[binary]")


def install(work: Path) -> str:
    """The Python of a venv of its own."""
    folder = work / "post_office"
    venv.create(folder, with_pip=True)
    python = str(folder / "bin" / "python")
    subprocess.run([python, "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
    return python


def send_queued_mail(
    work: Path, python: str, port: int, sample: dict[str, str], count: int, processes: int
) -> float:
    """Mails a second; queueing them beforehand isn't counted."""
    mail = work / "mail.json"
    mail.write_text(json.dumps(sample))
    with connect("postgres", autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS bench_post_office WITH (FORCE)")
        connection.execute("CREATE DATABASE bench_post_office")
    environment = {
        **os.environ,
        "BENCH_DATABASE": "bench_post_office",
        "BENCH_USER": DATABASE_NAME,
        "SMTP_PORT": str(port),
    }
    project = str(REPOSITORY / "bench" / "post_office" / "project.py")
    subprocess.run([python, project, "prepare", str(count), str(mail)], env=environment, check=True)
    with connect("bench_post_office", autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
    checkpoint()
    before = time.perf_counter()
    subprocess.run(
        [python, project, "send_queued_mail", f"--processes={processes}"],
        env=environment, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    seconds = time.perf_counter() - before
    with connect("bench_post_office", autocommit=True) as connection:
        sent = connection.execute("SELECT count(*) FROM post_office_email WHERE status = 0")
        (sent_count,) = sent.fetchone()
    drop_database("bench_post_office")
    return sent_count / seconds
