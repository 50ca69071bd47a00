"""Codes that people read out, type and scan."""

import secrets
import unicodedata

# Crockford's base 32: no I, L, O or U, so that nothing is taken for a digit.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LENGTH = 12  # 60 random bits: nobody guesses one of a million among 10¹⁸
_LOOK_ALIKES = str.maketrans({"O": "0", "I": "1", "L": "1", "U": "V"})
_LONG_VOWEL = "ー"  # a Japanese keyboard's hyphen; Unicode counts it as a letter


def generate_code() -> str:
    """A new unguessable code of ours."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))


def read_pool_code(text: str) -> str:
    """What a code of a pool is compared by: full-width as ASCII, capitals, letters and digits.

    Look-alikes stay apart: whoever made the code may have used both O and 0.
    """
    plain = unicodedata.normalize("NFKC", text).upper()
    return "".join(char for char in plain if char.isalnum() and char != _LONG_VOWEL)


def read_own_code(text: str) -> str:
    """One of our codes as it was meant, typed with spaces, hyphens and O for 0."""
    return read_pool_code(text).translate(_LOOK_ALIKES)
