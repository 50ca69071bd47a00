import datetime as dt
import gzip
import io
from decimal import Decimal

import pytest

from members.services.enrolment import MemberKey
from purchases.incoming import (
    IncomingLine,
    IncomingPurchase,
    IncomingReturn,
    IncomingReturnLine,
)
from purchases.models import Channel, Source
from purchases.services import imports, tokens


@pytest.fixture
def channel(db):
    return Channel.objects.create(code="counter", name="Counter", return_window_days=14)


@pytest.fixture
def source(club, channel):
    return Source.objects.create(code="till", name="Till", default_channel=channel)


@pytest.fixture
def build_purchase(now):
    """A purchase of one line: one loaf for 5.00 by member 7, a day ago."""

    def build(external_id="P1", *, member="7", lines=None, **fields):
        fields.setdefault("purchased_at", now - dt.timedelta(days=1))
        if lines is None:
            lines = [IncomingLine(Decimal(1), 500, product="loaf")]
        key = MemberKey(external_id=member) if isinstance(member, str) and member else member
        return IncomingPurchase(external_id, lines=lines, member=key or None, **fields)

    return build


@pytest.fixture
def build_return(now):
    def build(external_id="R1", of="P1", *lines, **fields):
        fields.setdefault("returned_at", now)
        return IncomingReturn(
            external_id, of, lines=[IncomingReturnLine(**line) for line in lines], **fields
        )

    return build


@pytest.fixture
def storages(settings, tmp_path):
    """Private files in a folder of the test's own."""
    private = settings.STORAGES["private"] | {"OPTIONS": {"location": tmp_path, "base_url": None}}
    settings.STORAGES = settings.STORAGES | {"private": private}
    return tmp_path


@pytest.fixture
def import_text(source, storages, now):
    """Imports text (or bytes) as a file would be, and returns the finished job."""

    def run(text, mapping=None, *, compress=False, file=None, **options):
        raw = text.encode() if isinstance(text, str) else text
        handle = file or io.BytesIO(gzip.compress(raw) if compress else raw)
        job = imports.create_command_import(source, "test.csv", mapping or {}, options, now=now)
        return imports.run_import_job(job, handle, now=now)

    return run


@pytest.fixture
def read_report(storages):
    """The refused rows of a job, as (row, purchase, field, reason)."""
    import csv

    def read(job):
        with job.report.open("rb") as file:
            rows = csv.reader(io.StringIO(file.read().decode("utf-8-sig")))
            return [tuple(row) for row in rows][1:]

    return read


@pytest.fixture
def make_token(source, now):
    def make(*scopes):
        scopes = scopes or ("purchases.write", "purchases.read", "returns.write")
        return tokens.create_token(source=source, name="Till 1", scopes=scopes, by=None, now=now)

    return make


@pytest.fixture
def call(client, make_token):
    """Calls the API as a till with all scopes, or with another token, or with none."""
    _token, own = make_token()

    def send(method, path, body=None, *, token=own, raw=None, key=""):
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        if key:
            headers["Idempotency-Key"] = key
        if raw is None and body is not None:
            import json

            raw = json.dumps(body)
        return client.generic(
            method, "/api" + path, raw or "", content_type="application/json", headers=headers
        )

    return send
