"""Clubs made with set-based SQL: `generate_series`, no service; `verify_ledger` proves them."""

import os

from bench.databases import connect

# Keys and triggers are looked at by nobody while rows that are right by construction go in.
_QUIET = "SET session_replication_role = replica"


def run_script(database: str, script: str, parameters: dict[str, object], say=lambda text: None):
    """Run the statements of ``bench/<script>.sql``; ``-- word`` lines between them are said."""
    path = os.path.join(os.path.dirname(__file__), f"{script}.sql")
    with open(path) as file:
        text = file.read()
    with connect(database, autocommit=True) as connection:
        connection.execute(_QUIET)
        connection.execute("SET maintenance_work_mem = '512MB'")
        connection.execute("SET synchronous_commit = off")
        for part in text.split(";\n"):
            lines = part.strip().splitlines()
            title = " ".join(line[2:].strip() for line in lines if line.startswith("--"))
            statement = "\n".join(line for line in lines if not line.startswith("--"))
            if title:
                say(title)
            if statement.strip():
                connection.execute(statement, parameters)
