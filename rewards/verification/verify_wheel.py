#!/usr/bin/env python3
"""Checks a public log of a wheel: that every draw came from the seed that was promised.

    python3 verify_wheel.py LOG.json [LOG.json ...]

Needs nothing but Python 3.9 or newer, and no network. Give the logs of several days at once, in
any order, to follow counters and counted prizes from one day to the next. What is checked:

 1. The seed is the one whose hash was published before the day began.
 2. Every draw's slice follows from the seed, the version, the player and the counter alone.
 3. The counters of a player rise by one, none is left out and none is used twice.
 4. Of a slice with counted prizes, its draws are numbered without a gap; as many as there were
    prizes paid the prize, and only those beyond paid the substitute.
 5. Draws are numbered without a gap, lie within their day, and come after the publishing of the
    version that they were drawn from.
 6. A version has the same slices in every log: weights and prizes did not change.

What this can't show: that the club took part in no draw, that no draw at the end of a player's
own row is missing (compare with your own history), or that prizes were really handed over.
"""

import hashlib
import hmac
import json
import sys

FORMAT = "club-wheel-log/1"
SPAN = 2**64


def draw(seed, version, player, counter, weights):
    """The place of the slice, counted from one."""
    total = sum(weights)
    limit = SPAN - SPAN % total  # above it the remainder would favour the first slices
    message = f"{version}:{player}:{counter}"
    text, attempt = message, 0
    while True:
        digest = hmac.new(seed, text.encode("ascii"), hashlib.sha256).digest()
        number = int.from_bytes(digest[:8], "big")
        if number < limit:
            break
        attempt += 1
        text = f"{message}:{attempt}"
    number %= total
    for place, weight in enumerate(weights, start=1):
        if number < weight:
            return place
        number -= weight
    raise ValueError("the weights sum to zero")


def check_logs(logs):
    """Sentences about what is wrong; an empty list if everything holds."""
    problems: list = []
    counters: dict = {}
    events: dict = {}
    versions: dict = {}
    for log in sorted(logs, key=lambda each: (each["begins_at"], each["hash_published_at"])):
        where = f"{log['wheel']} {log['day']}"
        if log["format"] != FORMAT:
            problems.append(f"{where}: unknown format {log['format']}")
        elif not log["seed"]:
            problems.append(f"{where}: the seed is not revealed yet")
        else:
            problems += [f"{where}: {each}" for each in check_day(log, counters, events)]
            problems += [f"{where}: {each}" for each in check_versions(log, versions)]
    return problems


def check_day(log, counters, events):
    """``counters`` and ``events`` hold the last number of each player and each slice so far."""
    seed = bytes.fromhex(log["seed"])
    if hashlib.sha256(seed).hexdigest() != log["seed_hash"]:
        yield "the seed does not have the hash that was published"
    if not log["hash_published_at"] < log["begins_at"]:
        yield "the hash was published after the day had begun"
    versions = {each["version"]: each["slices"] for each in log["versions"]}
    published = {each["version"]: each["published_at"] for each in log["versions"]}
    for number, row in enumerate(log["draws"], start=1):
        name = f"draw {row['number']}"
        if row["number"] != number:
            yield f"{name}: stands in place {number}"
        if not log["begins_at"] <= row["drawn_at"] < log["ends_at"]:
            yield f"{name}: not within its day"
        slices = versions.get(row["version"])
        if slices is None:
            yield f"{name}: version {row['version']} is not in the log"
            continue
        if row["drawn_at"] < published[row["version"]]:
            yield f"{name}: before version {row['version']} was published"
        weights = [each["weight"] for each in slices]
        found = draw(seed, row["version"], row["player"], row["counter"], weights)
        if found != row["slice"]:
            yield f"{name}: the log says slice {row['slice']}, the seed says {found}"
        yield from check_counter(name, log["wheel"], row, counters)
        yield from check_stock(name, slices[row["slice"] - 1], row, events)


def check_versions(log, versions):
    """``versions`` holds the slices of each version, as the first log has them."""
    for each in log["versions"]:
        before = versions.setdefault(each["version"], each["slices"])
        if before != each["slices"]:
            yield f"version {each['version']} had other slices before"


def check_counter(name, wheel, row, counters):
    player = (wheel, row["player"])
    last = counters.get(player)
    if row["counter"] < 1 or (last is not None and row["counter"] != last + 1):
        yield f"{name}: counter {row['counter']} of {row['player']} follows {last}"
    counters[player] = row["counter"]


def check_stock(name, part, row, events):
    stock, event = part["stock"], row["stock_event"]
    if stock is None:
        if event is not None or row["paid"] != "prize":
            yield f"{name}: this slice never runs out, and should have paid its prize"
        return
    key = (row["version"], row["slice"])
    if event is None:
        yield f"{name}: its number among the draws of its slice is missing"
        return
    last = events.get(key)
    if event < 1 or (last is not None and event != last + 1):
        yield f"{name}: number {event} of slice {row['slice']} follows {last}"
    events[key] = event
    if row["paid"] != ("prize" if event <= stock else "substitute"):
        yield f"{name}: number {event} of {stock} prizes paid the {row['paid']}"


def main(paths):
    if not paths:
        print(__doc__)
        return 2
    logs = []
    for path in paths:
        with open(path, encoding="utf-8") as file:
            logs.append(json.load(file))
    problems = check_logs(logs)
    for problem in problems:
        print(problem)
    count = sum(len(log["draws"]) for log in logs)
    print(f"{count} draws of {len(logs)} day(s): {'WRONG' if problems else 'all as promised'}.")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
