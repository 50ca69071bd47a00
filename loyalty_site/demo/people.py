"""The members of the demonstration, their till's ids, and the logins that visitors use."""

import datetime as dt
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from core.time import resolve_local
from loyalty_site.demo.data import LANGUAGE, read_club, read_stories, read_table, translate
from members.addresses import clean_address
from members.models import Address, Member, User
from members.roles import CLERK, MANAGER, MARKETER, OWNER
from members.services.enrolment import MemberKey, create_member, ensure_members
from members.services.logins import create_login
from members.services.profiles import attach_login, update_club
from members.services.roles import sync_roles

SOURCE = "demo"  # Member.source of every member of the demonstration, and of no other
PASSWORD = "harbor-lantern-42"  # noqa: S105 - shown to everybody who starts the demonstration
STAFF = (
    (OWNER, "owner@example.com", "Naoko Morita"),
    (MANAGER, "manager@example.com", "Victor Leung"),
    (MARKETER, "marketer@example.com", "Amara Diallo"),
    (CLERK, "clerk@example.com", "Sam Whitfield"),
)
_GENDERS = {"nonbinary": "other"}
_COUNTRY = "US"


@dataclass(frozen=True, slots=True)
class DemoLogin:
    email: str
    name: str
    part: str  # a role, or the kind of a member's story


@dataclass(frozen=True, slots=True)
class Staff:
    owner: User
    manager: User
    clerk: User


def find_staff() -> Staff:
    """The demonstration's people of the back office."""
    users = {user.email: user for user in User.objects.filter(is_staff=True)}
    emails = {role: email for role, email, _name in STAFF}
    return Staff(*(users[emails[role]] for role in (OWNER, MANAGER, CLERK)))


def list_demo_logins() -> list[DemoLogin]:
    """The logins that the demonstration makes, whether or not they exist."""
    people = {row["member"]: row for row in read_table("members.csv")}
    staff = [DemoLogin(email, name, role) for role, email, name in STAFF]
    stories = [
        DemoLogin(people[code]["email"], people[code]["display_name"], kind)
        for kind, code in read_stories()
    ]
    return staff + stories


def choose_people(count: int | None, *, seed: int) -> list[dict[str, str]]:
    """Rows of members.csv: those with a story first, then others drawn by ``seed``."""
    rows = {row["member"]: row for row in read_table("members.csv")}
    told = [rows.pop(code) for _kind, code in read_stories()]
    others = list(rows.values())
    random.Random(f"{seed}:people").shuffle(others)  # noqa: S311 - repeatable on purpose
    return (told + others)[:count]


def set_up_club(*, now: dt.datetime) -> None:
    """The shop's name, place and money."""
    update_club(build_club_facts(), by=None, now=now)


def build_club_facts() -> dict[str, Any]:
    """The shop as fields of Club."""
    club = read_club()
    address = club["address"]
    return {
        "name": club["name"][LANGUAGE],
        **translate("name", club["name"]),
        "currency": club["currency"],
        "zone": club["time_zone"],
        "country": address["country"],
        "locale": club["default_locale"],
        "phone": club["phone"],
        "email": club["email"],
        "address": f"{address['street']}\n{address['city']}, {address['region']}"
        f" {address['postal_code']}",
    }


def enrol_people(
    rows: Iterable[dict[str, str]],
    first_visits: dict[str, dt.datetime],
    *,
    till: str,
    zone: str,
    seed: int,
    now: dt.datetime,
    on_progress: Callable[[int], object],
) -> dict[str, Member]:
    """Make the members in the order in which they joined; till's id to member.

    ``first_visits`` are wall times of first purchases. Nobody buys before they join.
    """
    joined = sorted(
        (_joined_at(row, first_visits[row["member"]], zone, seed), row["member"], row)
        for row in rows
    )
    made: dict[str, Member] = {}
    for joined_at, code, row in joined:
        made[code] = create_member(
            now=now, source=SOURCE, joined_at=joined_at, **_build_fields(row)
        )
        on_progress(1)
    ensure_members(
        [MemberKey(external_id=code, number=member.number) for code, member in made.items()],
        source=till,
        now=now,
    )
    _note_addresses(rows, made)
    return made


def _note_addresses(rows: Iterable[dict[str, str]], made: dict[str, Member]) -> None:
    """Homes of those who told where they live, noted when they joined: letters go there."""
    noted = []
    for row in rows:
        if row["street"]:
            street, _comma, building = row["street"].partition(", ")
            parts = {
                "street": street, "building": building, "city": row["city"],
                "region": row["region"], "postal_code": row["postal_code"],
            }  # fmt: skip
            cleaned, _errors = clean_address(_COUNTRY, parts)
            member = made[row["member"]]
            noted.append(
                Address(
                    member=member, country=_COUNTRY, is_default=True,
                    created_at=member.joined_at, updated_at=member.joined_at, **cleaned,
                )
            )  # fmt: skip
    Address.objects.bulk_create(noted)


def _joined_at(row, first_visit: dt.datetime, zone: str, seed: int) -> dt.datetime:
    """At the counter some minutes before the first purchase, or some days before it."""
    luck = random.Random(f"{seed}:joined:{row['member']}")  # noqa: S311 - repeatable on purpose
    days = int(row["joined_offset_days"])
    if days:
        day = first_visit.date() - dt.timedelta(days=days)
        moment = dt.datetime.combine(day, dt.time(luck.randrange(9, 20), luck.randrange(60)))
    else:
        moment = first_visit - dt.timedelta(minutes=luck.randrange(4, 20))
    return resolve_local(moment, zone)[0]


def _build_fields(row: dict[str, str]) -> dict:
    family, given, display = row["family_name"], row["given_name"], row["display_name"]
    plain = {f"{given} {family}", f"{family}{given}", f"{family} {given}"}
    return {
        "family_name": family,
        "given_name": given,
        "family_name_reading": row["family_reading"],
        "given_name_reading": row["given_reading"],
        "display_name": "" if display in plain else display,
        "email": row["email"] or None,
        "phone": row["phone"] or None,
        "gender": _GENDERS.get(row["gender"], row["gender"]),
        "birth_year": int(row["birth_year"]) if row["birth_year"] else None,
        "birth_month": int(row["birth_month"]) if row["birth_month"] else None,
        "birth_day": int(row["birth_day"]) if row["birth_day"] else None,
        "locale": row["locale"],
    }


def make_logins(
    members: dict[str, Member], *, now: dt.datetime, on_progress: Callable[[int], object]
) -> list[User]:
    """Staff with their roles, and a login for each member with a story."""
    sync_roles(by=None, now=now)
    users = []
    for role, email, name in STAFF:
        users.append(
            create_login(
                email=email,
                password=PASSWORD,
                display_name=name,
                is_staff=True,
                roles=(role,),
                by=None,
                now=now,
            )
        )
        on_progress(1)
    for _kind, code in read_stories():
        if member := members.get(code):
            user = create_login(
                email=member.email,
                password=PASSWORD,
                display_name=member.get_full_name(),
                by=None,
                now=now,
            )
            attach_login(member, user, by=None, now=now)
            users.append(user)
            on_progress(1)
    return users
