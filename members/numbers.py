"""Membership numbers: twelve digits, the last two of which check the others.

ISO 7064 MOD 97-10: it finds every wrong digit, every swap of neighbours and nearly every other
slip (Luhn misses 09 for 90), needs digits only, so that any till and any scanner reads it, and
is plain arithmetic, so that the database checks it too. The ten digits before are the member's
id, scrambled by ``members_number`` under the club's own key: unique without a retry, yet no
number tells the next one.
"""

import io
import unicodedata

import segno

LENGTH = 12


def compute_check_digits(payload: str) -> str:
    """The two digits that make ``payload`` + digits ≡ 1 modulo 97."""
    return f"{98 - int(payload) * 100 % 97:02d}"


def clean_number(text: str) -> str:
    """Digits of a typed or scanned number: full-width digits folded, spaces and dashes dropped."""
    folded = unicodedata.normalize("NFKC", text)
    return "".join(char for char in folded if char not in " -‐‑–—\u3000\t").strip()


def is_valid_number(number: str) -> bool:
    """Whether ``number`` has the right length and check digits (it may belong to nobody)."""
    return len(number) == LENGTH and number.isascii() and number.isdigit() and int(number) % 97 == 1


def build_qr_svg(number: str) -> str:
    """The card's QR code as an inline SVG without inline style (the page's policy forbids it).

    It holds the bare digits, which every till understands. Error correction M, quiet zone of
    four modules; coloured by CSS through the class ``card-qr``.
    """
    out = io.BytesIO()
    segno.make(number, error="m", micro=False).save(
        out,
        kind="svg",
        xmldecl=False,
        svgns=True,
        svgclass="card-qr",
        lineclass="card-qr-line",
        omitsize=True,
        border=4,
        title=number,
        nl=False,
    )
    return out.getvalue().decode()
