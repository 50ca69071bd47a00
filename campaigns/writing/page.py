"""What the parts of a mailing share while they are put together."""

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from campaigns.writing.errors import WordsRefused
from campaigns.writing.markup import Masks
from campaigns.writing.palette import Dress

_TRACKED = re.compile("(https?://|\ue000|{{)", re.IGNORECASE)
_SITE = re.compile("(?:https?://)?([^/?#]*)", re.IGNORECASE)
_MASK = re.compile("\ue000\\d+\ue001")
_ADDRESS = re.compile(
    r"""{{-?\s*[\w.\[\]"'-]*\burl\s*(\|\s*default:\s*("[^"]*"|'[^']*')\s*)?-?}}"""
)


class NoSite(WordsRefused):
    message = _("“%(url)s” leads to no site: it begins with https:// and the name of one.")


@dataclass(slots=True)
class Links:
    """The addresses of an edition by number: those of a frozen one are given, a draft counts."""

    numbers: dict[str, int] = field(default_factory=dict)
    is_fixed: bool = False

    def get_number(self, url: str) -> int:
        if url not in self.numbers:
            if self.is_fixed:
                raise WordsRefused(f"An address that wasn't there when it was frozen: {url}")
            self.numbers[url] = max(self.numbers.values(), default=0) + 1
        return self.numbers[url]


@dataclass(slots=True)
class Page:
    """``masks`` hide Liquid, ``links`` count addresses; the language is the active one."""

    locale: str
    dress: Dress
    fonts: str
    masks: Masks = field(default_factory=Masks)
    links: Links = field(default_factory=Links)
    paths: set[str] = field(default_factory=set)  # that blocks ask for
    is_followed: bool = True  # links lead by way of ours, which counts them

    def say(self, liquid: str) -> str:
        """Liquid that survives whatever reads the text around it."""
        return self.masks.hide(liquid)

    def lead(self, url: str) -> str:
        """What ``href`` holds: a link of ours by number, or the address itself, not escaped."""
        url = make_absolute(url)
        if not (self.is_followed and _TRACKED.match(url)):
            return url
        real = self.masks.restore(url)
        if len(real) > 1000:
            raise WordsRefused("This address is too long: " + real[:60])
        if not self._names_site(url):
            raise NoSite(url=real[:60])
        return self.masks.hide(f"{{% _link {self.links.get_number(real)} %}}")

    def _names_site(self, url: str) -> bool:
        """The site is the words' own or the club's: never one that members write into a name."""
        site = _SITE.match(url)[1]  # type: ignore[index]  # it matches anything
        if _MASK.search(site):
            is_one = site == url[: len(site)] and _MASK.fullmatch(site)
            return bool(is_one and _ADDRESS.fullmatch(self.masks.restore(site)))
        return is_address(_MASK.sub("", url))


def is_address(url: str) -> bool:
    """Whether a browser could go there."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme.lower() not in ("http", "https") or bool(parts.hostname)


def make_absolute(url: str) -> str:
    """An address of these pages with the site before it."""
    return settings.SITE_URL + url if url.startswith("/") else url


@dataclass(frozen=True, slots=True)
class Drawn:
    """One part in the three forms in which it is read: MJML for mail, HTML for our own pages and
    paper, plain text. All hold masked Liquid.
    """

    mjml: str
    html: str
    text: str
