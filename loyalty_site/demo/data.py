"""The demonstration's files as values; README.md says what each holds."""

import csv
import datetime as dt
import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from core.money import parse_amount
from core.words import key_of, list_translations

DATA = Path(__file__).parent / "data"
LANGUAGE = "en"  # of the columns; the files hold four languages


@cache
def read_club() -> dict[str, Any]:
    """The shop with its stores, channels, tiers and earning rules."""
    return json.loads((DATA / "club.json").read_text(encoding="utf-8"))


@cache
def read_stories() -> tuple[tuple[str, str], ...]:
    """(kind of story, till's id of its member)."""
    stories = json.loads((DATA / "stories.json").read_text(encoding="utf-8"))
    return tuple((story["kind"], story["member"]) for story in stories)


@cache
def read_rewards() -> dict[str, Any]:
    """The catalogue: shelves, turns, words by kind, and the rewards."""
    return json.loads((DATA / "rewards.json").read_text(encoding="utf-8"))


@cache
def read_wheels() -> dict[str, Any]:
    """The wheels with their words and slices."""
    return json.loads((DATA / "wheels.json").read_text(encoding="utf-8"))


@cache
def read_all_words() -> dict[str, dict[str, str]]:
    """Reasons, notes and names by which people read what happened, in every language."""
    return json.loads((DATA / "words.json").read_text(encoding="utf-8"))


@cache
def read_words() -> dict[str, str]:
    """The same in the language of the columns."""
    return {key: text[LANGUAGE] for key, text in read_all_words().items()}


def translate(field: str, words: Mapping[str, Any]) -> dict[str, Any]:
    """What ``i18n`` holds of a field: ``{"name_ja": ...}``, from words by language."""
    return {
        key_of(field, language): words[language]
        for language in list_translations()
        if words.get(language)
    }


def read_names(row: Mapping[str, str]) -> dict[str, str]:
    """The names of a row of products.csv, categories.csv or departments.csv by language."""
    names = {
        key.removeprefix("name_").replace("_", "-"): name
        for key, name in row.items()
        if key.startswith("name_")
    }
    return {LANGUAGE: row["name"], **names}


@cache
def read_shop_goods() -> dict[str, list[dict[str, Any]]]:
    """Goods of the connected shops, by shop system."""
    return json.loads((DATA / "shop_goods.json").read_text(encoding="utf-8"))


def read_table(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@cache
def read_categories() -> dict[str, str]:
    """Short code to path: ``{"fruit": "Produce > Fruit"}``."""
    return {
        row["slug"]: f"{row['department'].capitalize()} > {row['name']}"
        for row in read_table("categories.csv")
    }


@dataclass(frozen=True, slots=True)
class Line:
    line_id: str
    product: str
    quantity: Decimal
    amount: int
    discount: int


@dataclass(frozen=True, slots=True)
class Basket:
    """A purchase of the files; ``bought_at`` is wall time of the year 2017."""

    external_id: str
    member: str
    bought_at: dt.datetime
    store: str
    lines: tuple[Line, ...]

    @property
    def amount(self) -> int:
        return sum(line.amount for line in self.lines)


@cache
def read_baskets() -> tuple[Basket, ...]:
    """All purchases, oldest first."""
    currency = read_club()["currency"]
    heads: dict[str, dict[str, str]] = {}
    lines: dict[str, list[Line]] = {}
    with gzip.open(DATA / "purchases.csv.gz", "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            heads.setdefault(row["external_id"], row)
            lines.setdefault(row["external_id"], []).append(
                Line(
                    row["line_id"],
                    row["product"],
                    Decimal(row["quantity"]),
                    parse_amount(row["amount"], currency),
                    parse_amount(row["discount"], currency),
                )
            )
    return tuple(
        Basket(
            external_id,
            head["member"],
            dt.datetime.fromisoformat(head["purchased_at"]),
            head["store"],
            tuple(lines[external_id]),
        )
        for external_id, head in heads.items()
    )
