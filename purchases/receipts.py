"""Numbers of receipts of our own: short enough to type, too many to guess."""

import datetime as dt
import re
import secrets
import unicodedata

# Crockford's base 32: no I, L, O or U, so that nothing is taken for a digit.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LOOK_ALIKES = str.maketrans({"O": "0", "I": "1", "L": "1", "U": "V"})
_LENGTH = 8  # 40 random bits for each day
_OURS = re.compile(rf"\d{{6}}[0-9A-Z]{{{_LENGTH}}}\Z", re.ASCII)


def generate_number(day: dt.date) -> str:
    """``261122-7KQ2-M4ZP``: the day, so that staff find the paper, and chance."""
    chance = "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))
    return _write(f"{day:%y%m%d}{chance}")


def read_number(text: str) -> list[str]:
    """What a typed or scanned number may be: as it stands, and as one of ours.

    Full-width forms, spaces, missing hyphens, small letters and O for 0 are forgiven in ours.
    """
    plain = unicodedata.normalize("NFKC", text).replace("\x00", "").strip()[:200]
    if not plain:
        return []
    packed = "".join(char for char in plain.upper() if char.isalnum()).translate(_LOOK_ALIKES)
    found = [plain]
    if _OURS.match(packed) and (ours := _write(packed)) != plain:
        found.append(ours)
    return found


def _write(packed: str) -> str:
    return f"{packed[:6]}-{packed[6:10]}-{packed[10:]}"
