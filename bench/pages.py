"""One web process of the club, told what to do line by line: ``python -m bench.pages``.

Each line of its input is a JSON list, answered by one JSON line: ``["get", path, member]`` with
the milliseconds and the number of queries, ``["admin", path]`` with those and the counting
queries, ``["search", text]`` with the milliseconds and the number of members found.
"""

import json
import sys
import time

import django


class Pages:
    """Logged-in browsers, one per member, and one of the owner."""

    def __init__(self):
        import psycopg

        self.clients = {}
        self.statements: list[str] = []
        execute = psycopg.Cursor.execute
        statements = self.statements

        def record(cursor, query, *arguments, **options):
            statements.append(str(query))
            return execute(cursor, query, *arguments, **options)

        # Every statement passes here, those of Django's cursors and of core.bulk alike.
        psycopg.Cursor.execute = record

    def get_client(self, member_id: int):
        """A browser in which the member (0: the owner) is logged in."""
        from django.test import Client

        from members.models import Member, User

        if member_id not in self.clients:
            user, _ = User.objects.get_or_create(
                email=f"login{member_id}@example.com",
                defaults={"is_staff": not member_id, "is_superuser": not member_id},
            )
            Member.objects.filter(pk=member_id).update(user=user)
            client = self.clients[member_id] = Client()
            client.force_login(user, "django.contrib.auth.backends.ModelBackend")
        return self.clients[member_id]

    def get(self, address: str, member_id: int = 0) -> tuple[float, int]:
        client = self.get_client(member_id)
        self.statements.clear()
        before = time.perf_counter()
        response = client.get(address)
        seconds = time.perf_counter() - before
        if response.status_code not in (200, 302):  # the one club's list leads to the club
            raise RuntimeError(f"{address} answered {response.status_code}")
        return seconds * 1000, len(self.statements)

    def admin(self, address: str) -> tuple[float, int, list[str]]:
        milliseconds, count = self.get(address)
        # A count of the whole list; what counts within a row's own look-up is none.
        counting = [sql for sql in self.statements if sql.upper().startswith("SELECT COUNT(")]
        return milliseconds, count, counting

    def search(self, text: str) -> tuple[float, int]:
        from members.selectors.search import search_members

        before = time.perf_counter()
        found = search_members(text)
        return (time.perf_counter() - before) * 1000, len(found)


def main() -> None:
    from django.conf import settings

    django.setup()
    settings.ROOT_URLCONF = "bench.urls"
    pages = Pages()
    for line in sys.stdin:
        command, *arguments = json.loads(line)
        print(json.dumps(getattr(pages, command)(*arguments)), flush=True)


if __name__ == "__main__":
    main()
