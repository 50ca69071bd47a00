"""Where pictures are found. An address says all there is to a picture, so it is kept for good."""

import hashlib

from django.urls import reverse

# Raised when drawings change: browsers that keep the old ones then ask anew.
EDITION = 1


def cover_url(motif: str, seed: int) -> str:
    return f"{reverse('picture_cover', args=[motif, seed])}?e={EDITION}"


def pattern_url(kind: str, color: str) -> str:
    """``color`` as fields of the club hold it: ``#6c2642``."""
    address = reverse("picture_pattern", args=[kind, color.removeprefix("#").lower()])
    return f"{address}?e={EDITION}"


def scene_url(name: str) -> str:
    return f"{reverse('picture_scene', args=[name])}?e={EDITION}"


def seed_of(words: str) -> int:
    """A seed of something's code: the same thing has the same picture everywhere."""
    return int.from_bytes(hashlib.blake2b(words.encode(), digest_size=3).digest())
