from members.admin import (
    audiences,
    club,
    consents,
    duplicates,
    households,
    logins,
    members,
    merging,
    panels,
    privacy,
    stream,
    theme,
)

__all__ = [
    "audiences",
    "club",
    "consents",
    "duplicates",
    "households",
    "logins",
    "members",
    "merging",
    "panels",
    "privacy",
    "stream",
    "theme",
]
