"""A campaign's mails by Celery workers beside a bare loop of smtplib and django-post_office; the
planning of a million rows beside one INSERT ... SELECT.
"""

import datetime as dt
import os
import shutil
import smtplib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.databases import (
    checkpoint,
    connect,
    copy_database,
    database_url,
    drop_database,
    use_database,
)
from bench.post_office.runner import install, send_queued_mail
from bench.report import Report
from loyalty_site.embedded.layout import REPOSITORY

MAILS = int(os.environ.get("BENCH_SENDING_MAILS", "100000"))
MEMBERS = int(os.environ.get("BENCH_SENDING_MEMBERS", "1000000"))
CORES = 2
WORKERS = 5  # processes with a connection each: as many connections as django-post_office has
RATE = 850.0
SHARE = 0.5  # of the bare loop's rate
TIMES_POST_OFFICE = 5.0
MAX_RATIO = 3.0
MAX_GROWTH = 1.1  # of a worker's memory, with twice the mails
ROUNDS = 2
TINY = {"mails": 300, "members": 2000, "rounds": 1, "post_office": False}
NOW = dt.datetime(2026, 3, 11, 19, 0, tzinfo=dt.UTC)
SINK_HINT = "apt-get install --no-install-recommends postfix (or put smtp-sink on the PATH)"
WORDS = {
    "subject": "The summer blend is here, {{ member.name | default: 'dear member' }}",
    "body": """# Good day {{ member.greeting }}

The **summer blend** is here: roasted in small batches, with notes of apricot and black tea.
You have {{ points.balance | default: 0 }} points, enough for a bag of it and a cup on the side.

[See what your points can do](https://example.com/rewards) or [find your store](https://example.com/stores).

- Free tasting every Saturday
- Double points on beans until Sunday
- A present for those who bring a friend

We are glad that you are with us.
""",
}
_MEMBERS = """
    INSERT INTO members_member (id, number, source, joined_at, created_at, email)
    SELECT id, members_number(id, 'bench'), 'bench', now(), now(),
           'member' || id || '@bench.example'
    FROM generate_series(1, %s::bigint) AS id
"""
_COLUMNS = (
    "mailing_id, edition_id, member_id, channel, occurrence, variant, address_key, facts, state,"
    " reason, recorded_at, due_at"
)


def run(
    work: Path,
    *,
    mails: int = MAILS,
    members: int = MEMBERS,
    rounds: int = ROUNDS,
    post_office: bool = True,
) -> Report:
    report = Report("sending")
    copy_database("bench_sending")
    try:
        use_database("bench_sending")
        _make_members(max(members, mails))
        _compare_planning(report, members, rounds)
        _compare_sending(report, work, mails, post_office)
    finally:
        drop_database("bench_sending")
    return report


def _make_members(count: int) -> None:
    with connect("bench_sending", autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("DELETE FROM members_member")
        connection.execute(_MEMBERS, [count])
        connection.execute("SELECT setval('members_member_id_seq', %s)", [count])
        connection.execute("VACUUM ANALYZE members_member")


# --- Planning ------------------------------------------------------------------------------------


def _compare_planning(report: Report, members: int, rounds: int) -> None:
    """Once per address, in two variants with a control group, beside the bare rows with the same
    columns, primary key and unique indexes.
    """
    from campaigns.services.planning import HoldoutShare, VariantShare, plan_messages
    from members.models import Member

    for title, once in (("plain", False), ("once per address, two variants, 10 % held out", True)):
        service, floor = [], []
        for _round in range(rounds):
            floor.append(_insert_bare(members, once=once))
            _empty_outbox()
            mailing, edition = _make_mailing(is_once_per_address=once)
            before = time.perf_counter()
            planned = plan_messages(
                mailing,
                edition,
                recipients=Member.objects.filter(pk__lte=members),
                occurrence="",
                due_at=NOW,
                variants=[VariantShare("A"), VariantShare("B")] if once else (),
                holdout=HoldoutShare("bench", 10) if once else None,
                now=NOW,
            )
            service.append(time.perf_counter() - before)
        report.expect(planned.total_count == members, f"planned {members:,} members, {title}")
        report.compare(service, floor, MAX_RATIO)
    _empty_outbox()


def _insert_bare(members: int, *, once: bool) -> float:
    key = "md5(lower(email))::uuid" if once else "NULL::uuid"
    with connect("bench_sending", autocommit=True) as connection:
        connection.execute("DROP TABLE IF EXISTS bench_bare")
        connection.execute(
            "CREATE TABLE bench_bare (LIKE campaigns_message INCLUDING DEFAULTS INCLUDING IDENTITY)"
        )
        connection.execute("ALTER TABLE bench_bare ADD PRIMARY KEY (id)")
        connection.execute(
            "CREATE UNIQUE INDEX ON bench_bare (mailing_id, member_id, channel, occurrence)"
        )
        connection.execute(
            "CREATE UNIQUE INDEX ON bench_bare (mailing_id, channel, occurrence, address_key)"
            " WHERE address_key IS NOT NULL"
        )
        checkpoint()
        before = time.perf_counter()
        connection.execute(
            f"INSERT INTO bench_bare ({_COLUMNS})"
            f" SELECT 1, 1, id, 'email', '', 'A', {key}, '{{}}', 'waiting', '', %(now)s, %(now)s"
            " FROM members_member WHERE id <= %(members)s",
            {"now": NOW, "members": members},
        )
        taken = time.perf_counter() - before
        connection.execute("DROP TABLE bench_bare")
    return taken


def _empty_outbox() -> None:
    with connect("bench_sending", autocommit=True) as connection:
        connection.execute("TRUNCATE campaigns_message, campaigns_handover CASCADE")
    checkpoint()


def _make_mailing(state: str = "running", **fields):
    from campaigns.models import Mailing
    from campaigns.services.editions import freeze_edition, save_content

    mailing = Mailing.objects.create(
        kind="campaign", name="Bench", purpose="service", channels=["email"], state=state,
        created_at=NOW, **fields,
    )  # fmt: skip
    save_content(mailing, channel="email", words=WORDS, by=None, now=NOW)
    return mailing, freeze_edition(mailing, by=None, now=NOW)


# --- Sending -------------------------------------------------------------------------------------


def _compare_sending(report: Report, work: Path, mails: int, with_post_office: bool) -> None:
    sample = _build_sample()
    report.say(f"a mail has {len(sample['mail']):,} bytes")
    with _open_sink(report) as port:
        bare = _send_bare(port, sample["mail"].encode(), max(mails // 5, 100))
        report.note("bare", bare, f"{bare:9,.0f} mails/s by a bare loop of smtplib, ready-made"
                    " bytes, one process and connection")  # fmt: skip
        half_rate, half_memory, _cpu = _send_campaign(report, work, port, mails // 2)
        rate, memory, cpu = _send_campaign(report, work, port, mails)
        report.note("rate", rate, f"{rate:9,.0f} mails/s by {WORKERS} Celery processes with a"
                    f" connection each ({half_rate:,.0f} for half as many); {cpu:.2f} ms of their"
                    " processor time each")  # fmt: skip
        bar = min(RATE, bare * SHARE)
        report.reach(rate >= bar, f"at least {bar:,.0f} a second (850, or half the bare loop)")
        growth = memory / half_memory
        report.reach(
            growth <= MAX_GROWTH,
            f"{memory / 1024:,.0f} MB at most in a worker, {growth:.2f} times that with half as"
            f" many mails (at most {MAX_GROWTH:g})",
        )
        if with_post_office:
            python = install(work)
            other = 0.0
            for processes in (CORES, 1):
                other = send_queued_mail(work, python, port, sample, mails, processes)
                report.note(f"post_office_{processes}", other, f"{other:9,.0f} mails/s by"
                            f" send_queued_mail of django-post_office, --processes={processes}, 5"
                            " connections each")  # fmt: skip
            report.reach(
                rate >= TIMES_POST_OFFICE * other,
                f"{rate / other:.1f} times send_queued_mail as it comes"
                f" (at least {TIMES_POST_OFFICE:g})",
            )


def _build_sample() -> dict[str, str]:
    """One mail as the workers send it, and its parts as templates of Django."""
    from campaigns.channels.base import Outgoing
    from campaigns.channels.email.adapter import Clerk
    from campaigns.models import Content
    from campaigns.selectors.contexts import MessageRow, build_contexts
    from campaigns.writing.compile import compile_content

    _mailing, edition = _make_mailing(state="draft")
    content = Content.objects.select_related("edition").get(edition=edition)
    compiled = compile_content(content, "en")
    row = MessageRow(1, 1, compiled.locale, {})
    contexts = build_contexts([row], compiled.variables, now=NOW)
    rendered = compiled.fill(contexts[1])
    contexts[1]["member"] |= {"name": "{{ name }}", "greeting": "{{ name }}"}
    contexts[1]["points"] |= {"balance": "{{ points }}"}
    template = compiled.fill(contexts[1])
    _sender, _to, mail = Clerk().build(Outgoing(1, 1, "a@bench.example", "en", rendered))
    return {
        "mail": mail.decode(),
        "subject": template.subject,
        "text": template.text,
        "html": template.html,
    }


@contextmanager
def _open_sink(report: Report) -> Iterator[int]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program = shutil.which("smtp-sink") or shutil.which("smtp-sink", path="/usr/sbin")
    if program:
        user = ["-u", "postfix"] if os.geteuid() == 0 else []
        command = [program, *user, f"127.0.0.1:{port}", "1000"]
    else:
        report.say(f"no smtp-sink here, so a slower one in Python takes the mails; {SINK_HINT}")
        command = [sys.executable, "-m", "tests.campaigns.sink", str(port), os.devnull]
    process = subprocess.Popen(
        command, cwd=REPOSITORY, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _wait_for_port(port)
        yield port
    finally:
        process.kill()
        process.wait()


def _wait_for_port(port: int) -> None:
    for _try in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError("The mail server does not answer.")


def _send_bare(port: int, mail: bytes, count: int) -> float:
    with smtplib.SMTP("127.0.0.1", port) as connection:
        before = time.perf_counter()
        for number in range(count):
            connection.sendmail("club@example.com", f"member{number}@bench.example", mail)
        return count / (time.perf_counter() - before)


def _send_campaign(report: Report, work: Path, port: int, count: int) -> tuple[float, int, float]:
    """Mails a second, a worker's most memory in kB, its processor time per mail in ms."""
    from campaigns.models import Mailing, Message
    from campaigns.services.planning import plan_messages
    from members.models import Member

    use_database("bench_sending")
    _empty_outbox()
    Mailing.objects.update(state="finished")
    mailing, edition = _make_mailing(state="paused")
    plan_messages(mailing, edition, recipients=Member.objects.filter(pk__lte=count),
                  occurrence="", due_at=NOW, now=NOW)  # fmt: skip
    with connect("bench_sending", autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE campaigns_message")
    environment = {
        **os.environ,
        "DATABASE_URL": database_url("bench_sending"),
        "SMTP_HOST": "127.0.0.1",
        "SMTP_PORT": str(port),
        "SENDING_CONNECTIONS": str(WORKERS),
    }
    command = [sys.executable, "-m", "celery", "--app", "loyalty_site", "worker",
               "--concurrency", str(WORKERS), "--without-gossip", "--without-mingle",
               "--loglevel", "WARNING"]  # fmt: skip
    with (work / "worker.log").open("ab") as log:
        worker = subprocess.Popen(
            command, cwd=REPOSITORY, env=environment, stdout=log, stderr=subprocess.STDOUT
        )
    try:
        children = _wait_for_children(worker.pid)
        before, processor = time.perf_counter(), _read_processor(children)
        Mailing.objects.filter(pk=mailing.pk).update(state="running")
        _wake(environment)
        _wait_until_sent(mailing.pk, worker, work)
        seconds = time.perf_counter() - before
        memory = max(_read_status(pid, "VmHWM") for pid in children)
        spent = (_read_processor(children) - processor) / count * 1000
    finally:
        worker.terminate()
        worker.wait()
    sent = Message.objects.filter(mailing=mailing, state="sent").count()
    report.expect(sent == count, f"{sent:,} of {count:,} were sent, and the ledger says so")
    return count / seconds, memory, spent


def _wake(environment) -> None:
    subprocess.run(
        [sys.executable, "-m", "celery", "--app", "loyalty_site", "call",
         "campaigns.tasks.send_waiting"],
        cwd=REPOSITORY, env=environment, check=True, stdout=subprocess.DEVNULL,
    )  # fmt: skip


def _wait_until_sent(mailing_id: int, worker: subprocess.Popen, work: Path) -> None:
    open_rows = (
        "SELECT EXISTS (SELECT FROM campaigns_message WHERE mailing_id = %s AND state = 'waiting')"
        " OR EXISTS (SELECT FROM campaigns_handover)"
    )
    with connect("bench_sending", autocommit=True) as connection:
        while connection.execute(open_rows, [mailing_id]).fetchone()[0]:
            if worker.poll() is not None:
                raise RuntimeError((work / "worker.log").read_text()[-3000:])
            time.sleep(0.1)


def _wait_for_children(pid: int) -> list[int]:
    for _try in range(600):
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        if len(children) >= WORKERS:
            time.sleep(1)
            return [int(child) for child in children]
        time.sleep(0.1)
    raise RuntimeError("The worker did not start.")


def _read_status(pid: int, name: str) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))


def _read_processor(pids: list[int]) -> float:
    """Seconds of processor time so far."""
    fields = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in pids]
    return sum(int(each[11]) + int(each[12]) for each in fields) / os.sysconf("SC_CLK_TCK")
