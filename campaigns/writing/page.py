"""What the parts of a mailing share while they are put together."""

import re
from dataclasses import dataclass, field

from django.conf import settings

from campaigns.writing.errors import WordsRefused
from campaigns.writing.markup import Masks
from campaigns.writing.palette import Dress

_TRACKED = re.compile("(https?://|\ue000|{{)", re.IGNORECASE)


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

    def say(self, liquid: str) -> str:
        """Liquid that survives whatever reads the text around it."""
        return self.masks.hide(liquid)

    def lead(self, url: str) -> str:
        """What ``href`` holds: a link of ours by number, or the address itself, not escaped."""
        url = make_absolute(url)
        if not _TRACKED.match(url):
            return url
        real = self.masks.restore(url)
        if len(real) > 1000:
            raise WordsRefused("This address is too long: " + real[:60])
        return self.masks.hide(f"{{% _link {self.links.get_number(real)} %}}")


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
