"""Reading and running ``floor/<name>.sql``."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import psycopg
from psycopg.types.string import TextLoader

_FOLDER = Path(__file__).parent / "floor"
_CHUNK = 1 << 20


def read_floor(name: str) -> list[str]:
    """The statements of a floor, without comments. No floor has a semicolon inside a text."""
    text = (_FOLDER / f"{name}.sql").read_text()
    lines = (line.partition("--")[0].rstrip() for line in text.splitlines())
    statements = "\n".join(line for line in lines if line).split(";")
    return [statement.strip() for statement in statements if statement.strip()]


def copy_in(connection: psycopg.Connection, statements: list[str], folder: Path) -> None:
    """Run statements in one transaction; each COPY reads ``folder/<table>``."""
    with connection.transaction(), connection.cursor() as cursor:
        for statement in statements:
            table = statement.split()[1]
            with (folder / table).open("rb") as file, cursor.copy(statement) as copy:
                while chunk := file.read(_CHUNK):
                    copy.write(chunk)


def bind_rows(statement: str, rows: Sequence[tuple]) -> tuple[str, list]:
    """``%rows`` of a statement as that many rows of placeholders, and their values."""
    one = "(" + ", ".join(["%s"] * len(rows[0])) + ")"
    return statement.replace("%rows", ", ".join([one] * len(rows))), [
        v for row in rows for v in row
    ]


def bind_floor(
    connection: psycopg.Connection, name: str, reads: Mapping[str, str], about: Mapping
) -> list[tuple[str, list]]:
    """A floor's statements with the rows that one act left: ``reads`` finds them by table."""
    connection.adapters.register_loader("jsonb", TextLoader)
    bound = []
    for statement in read_floor(name):
        words = statement.split()
        table = words[1] if words[0] == "UPDATE" else words[2]
        rows = connection.execute(reads[table].format(table), about).fetchall()
        if rows:
            bound.append(bind_rows(statement, rows))
    return bound


def run_piped(connection: psycopg.Connection, bound: Sequence[tuple[str, list]]) -> None:
    """Run statements in one transaction and one network round trip."""
    with connection.pipeline(), connection.cursor() as cursor:
        for statement, values in bound:
            cursor.execute(statement, values)
        connection.commit()
