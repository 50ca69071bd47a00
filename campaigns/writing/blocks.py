"""Blocks: what a line such as ``{% points %}`` stands for, in mail, on a page and in plain text."""

from django.conf import settings
from django.utils.html import escape
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.writing.errors import WordsRefused
from campaigns.writing.markup import Block, mask_line
from campaigns.writing.page import Drawn, Page, make_absolute


class BlockWants(WordsRefused):
    message = gettext_lazy("“{%% %(name)s %%}” wants more: %(example)s")


# Worst first, as the surveys ask it: the number of the face, its file and its words.
FACES = (
    (1, "face-1", gettext_lazy("Bad")),
    (2, "face-2", gettext_lazy("Not so good")),
    (3, "face-3", gettext_lazy("Good")),
    (4, "face-4", gettext_lazy("Very good")),
)


MOST_ANSWERS = 11  # of a question in a message: ``survey.link-0-url`` to ``survey.link-10-url``


def draw_block(block: Block, page: Page) -> Drawn:
    return _DRAWERS[block.name](block, page)


def section(inner: str, *, padding: str = "6px 24px") -> str:
    return (
        f'<mj-section css-class="raised" padding="{padding}"><mj-column>{inner}</mj-column>'
        "</mj-section>"
    )


def panel(inner: str, page: Page) -> str:
    """A tinted sheet on the page."""
    return (
        '<mj-section css-class="raised" padding="10px 24px"><mj-column css-class="panel" '
        f'inner-background-color="{page.dress.panel}" inner-border-radius="14px" '
        f'padding="0">{inner}</mj-column></mj-section>'
    )


def _points(block: Block, page: Page) -> Drawn:
    page.paths |= {"points.balance", "points.value", "tier.next_name", "tier.missing"}
    balance = page.say("{{ points.balance | points }}")
    worth = page.say("{% if points.value %}") + _("worth %(amount)s") % {
        "amount": page.say("{{ points.value }}")
    } + page.say("{% endif %}")  # fmt: skip
    next_tier = page.say("{% if tier.next_name and tier.missing %}") + _(
        "%(missing)s more to %(tier)s"
    ) % {"missing": page.say("{{ tier.missing }}"), "tier": page.say("{{ tier.next_name }}")}
    next_tier += page.say("{% endif %}")
    label = escape(_("Your balance"))
    mjml = panel(
        f'<mj-text css-class="soft" align="center" font-size="14px" color="{page.dress.soft}" '
        f'padding="18px 20px 0">{label}</mj-text>'
        f'<mj-text css-class="number" align="center" font-size="34px" font-weight="700" '
        f'color="{page.dress.accent}" padding="2px 20px 0">{balance}</mj-text>'
        f'<mj-text css-class="soft" align="center" font-size="14px" color="{page.dress.soft}" '
        f'padding="4px 20px 18px"><div>{worth}</div><div>{next_tier}</div></mj-text>',
        page,
    )
    html = (
        f'<div class="say-points"><p>{label}</p><p><strong>{balance}</strong></p>'
        f"<p>{worth}</p><p>{next_tier}</p></div>"
    )
    said = _("Your balance: %(balance)s") % {"balance": balance}
    return Drawn(mjml, html, f"{said}\n{worth}\n{next_tier}")


def _reward(block: Block, page: Page) -> Drawn:
    """A reward by its code; without one, that of what happened."""
    root = f'rewards["{block.words[0]}"]' if block.words else "reward"
    has = page.say(f"{{% if {root} %}}"), page.say("{% endif %}")
    name, summary = page.say(f"{{{{ {root}.name }}}}"), page.say(f"{{{{ {root}.summary }}}}")
    price = page.say(f"{{% if {root}.points %}}{{{{ {root}.points | points }}}}{{% endif %}}")
    href = page.lead(page.say(f"{{{{ {root}.url }}}}"))
    return _card(page, has, name, summary, price, href, root, _("See this reward"))


def _card(page, has, name, summary, price, href, root, words) -> Drawn:
    photo = page.say(f"{{% if {root}.image %}}"), page.say("{% endif %}")
    image = page.say(f"{{{{ {root}.image }}}}")
    picture = (
        f'<mj-raw>{photo[0]}</mj-raw><mj-image src="{image}" alt="" href="{href}" '
        f'padding="0" border-radius="14px 14px 0 0"/><mj-raw>{photo[1]}</mj-raw>'
    )
    dress = page.dress
    mjml = f"<mj-raw>{has[0]}</mj-raw>" + panel(
        picture + f'<mj-text css-class="ink" font-size="20px" font-weight="700" '
        f'padding="18px 20px 2px"><div>{name}</div></mj-text>'
        f'<mj-text css-class="soft" color="{dress.soft}" padding="0 20px 4px">'
        f"<div>{summary}</div></mj-text>"
        f'<mj-text css-class="number" color="{dress.accent}" font-weight="700" '
        f'padding="0 20px 8px">{price}</mj-text>'
        f'<mj-button css-class="button" align="left" href="{href}" padding="4px 20px 20px">'
        f"{escape(words)}</mj-button>",
        page,
    ) + f"<mj-raw>{has[1]}</mj-raw>"  # fmt: skip
    html = (
        f'{has[0]}<div class="say-card"><p><strong>{name}</strong></p><p>{summary}</p>'
        f'<p>{price}</p><p><a href="{href}">{escape(words)}</a></p></div>{has[1]}'
    )
    text = f"{has[0]}{name}\n{summary}\n{price}\n{words}: {href}{has[1]}"
    return Drawn(mjml, html, text)


def _product(block: Block, page: Page) -> Drawn:
    has = page.say("{% if product.name %}"), page.say("{% endif %}")
    return _draw_goods(page, has, "product")


def _products(block: Block, page: Page) -> Drawn:
    has = page.say("{% for item in products limit: 6 %}"), page.say("{% endfor %}")
    return _draw_goods(page, has, "item")


def _draw_goods(page: Page, has: tuple[str, str], root: str) -> Drawn:
    """Goods have a name and a maker; their page is the shop's, and not known here."""
    name = page.say(f"{{{{ {root}.name }}}}")
    brand = page.say(f'{{{{ {root}.brand | default: "" }}}}')
    mjml = f"<mj-raw>{has[0]}</mj-raw>" + panel(
        f'<mj-text css-class="ink" font-weight="700" padding="14px 20px 0"><div>{name}</div>'
        f'</mj-text><mj-text css-class="soft" font-size="14px" color="{page.dress.soft}" '
        f'padding="0 20px 14px"><div>{brand}</div></mj-text>',
        page,
    ) + f"<mj-raw>{has[1]}</mj-raw>"  # fmt: skip
    html = f'{has[0]}<p class="say-product"><strong>{name}</strong> {brand}</p>{has[1]}'
    return Drawn(mjml, html, f"{has[0]}- {name} {brand}\n{has[1]}")


def _faces(block: Block, page: Page) -> Drawn:
    """The first question of the survey that the message is about, each answer a link of its own:
    faces, or the numbers of its scale; where it is answered otherwise, a button to it.
    """
    page.paths |= {"survey.shape", "survey.url", "survey.trap-url"}
    faces, numbers = _draw_faces(page), _draw_numbers(page)
    url = page.lead(page.say("{{ survey.url }}"))
    words = _("Answer now")
    is_faces = page.say('{% if survey.shape == "faces" %}')
    is_other = page.say("{% elsif survey.shape %}")
    is_none, end = page.say("{% elsif survey.url %}"), page.say("{% endif %}")
    mjml = (
        f"<mj-raw>{is_faces}</mj-raw>{faces.mjml}<mj-raw>{is_other}</mj-raw>{numbers.mjml}"
        f"<mj-raw>{is_none}</mj-raw>"
        + section(f'<mj-button css-class="button" href="{url}">{escape(words)}</mj-button>')
        + f"<mj-raw>{end}{_hide_trap(page)}</mj-raw>"
    )
    button = f'<p><a class="button" href="{url}">{escape(words)}</a></p>'
    html = f"{is_faces}{faces.html}{is_other}{numbers.html}{is_none}{button}{end}"
    text = f"{is_faces}{faces.text}{is_other}{numbers.text}{is_none}{words}: {url}{end}"
    return Drawn(mjml, html, text)


def _hide_trap(page: Page) -> str:
    """Who follows it is a machine (``core.actors``)."""
    has, end = page.say("{% if survey.trap-url %}"), page.say("{% endif %}")
    href = page.lead(page.say("{{ survey.trap-url }}"))
    return (
        f'{has}<div style="display:none;max-height:0;overflow:hidden;mso-hide:all;" '
        f'aria-hidden="true"><a href="{href}" tabindex="-1" style="display:none;">·</a></div>{end}'
    )


def _draw_faces(page: Page) -> Drawn:
    cells, lines, words = [], [], []
    for number, picture, label in FACES:
        href = page.lead(page.say(f"{{{{ survey.link-{number}-url }}}}"))
        # By its plain name, which stays when the file is packed anew: mails are opened for years.
        source = make_absolute(f"{settings.STATIC_URL}img/mail/{picture}.png")
        shown = escape(label)
        cells.append(
            f'<td align="center" width="25%" style="padding:6px 2px;"><a href="{href}" '
            f'class="link" style="color:{page.dress.accent};text-decoration:none;font-size:13px;">'
            f'<img src="{source}" width="48" height="48" alt="" style="display:block;'
            f'margin:0 auto 6px;border:0;"/>{shown}</a></td>'
        )
        lines.append(f"{label}: {href}")
        words.append(f'<a href="{href}">{shown}</a>')
    mjml = section(
        f'<mj-table css-class="ink" padding="6px 0"><tr>{"".join(cells)}</tr></mj-table>'
    )
    return Drawn(mjml, f'<p class="say-faces">{" ".join(words)}</p>', "\n".join(lines))


def _draw_numbers(page: Page) -> Drawn:
    """Of a scale only the numbers that it has; words of its ends below."""
    cells, lines, words = [], [], []
    for number in range(MOST_ANSWERS):
        has = page.say(f"{{% if survey.link-{number}-url %}}")
        end = page.say("{% endif %}")
        href = page.lead(page.say(f"{{{{ survey.link-{number}-url }}}}"))
        cells.append(
            f'{has}<td align="center" style="padding:3px 1px;"><a href="{href}" class="link" '
            f'style="display:block;padding:10px 0;border:1px solid {page.dress.accent};'
            f"border-radius:8px;color:{page.dress.accent};text-decoration:none;font-size:15px;"
            f'font-weight:700;">{number}</a></td>{end}'
        )
        lines.append(f"{has}{number}: {href}\n{end}")
        words.append(f'{has}<a href="{href}">{number}</a> {end}')
    low, high = (
        page.say("{{ survey.low | default: '' }}"),
        page.say("{{ survey.high | default: '' }}"),
    )
    mjml = section(
        f'<mj-table css-class="ink" padding="6px 0 0"><tr>{"".join(cells)}</tr></mj-table>'
        f'<mj-table css-class="soft" font-size="13px" color="{page.dress.soft}" padding="0 0 6px">'
        f'<tr><td align="left">{low}</td><td align="right">{high}</td></tr></mj-table>'
    )
    html = f'<p class="say-faces">{"".join(words)}</p><p class="soft">{low} – {high}</p>'
    return Drawn(mjml, html, f"{''.join(lines)}{low} – {high}")


def _button(block: Block, page: Page) -> Drawn:
    """``{% button "Words" "https://…" %}``, or a variable in place of the address."""
    if not block.words or not (len(block.words) > 1 or block.rest):
        raise BlockWants(name="button", example='{% button "Go" "https://…" %}')
    words = mask_line(block.words[0], page.masks)
    if len(block.words) > 1:
        url = _check_address(mask_line(block.words[1], page.masks))
    else:
        url = page.say(f"{{{{ {block.rest} }}}}")
    href = page.lead(url)
    shown = escape(words)
    html = f'<p><a class="button" href="{escape(href)}">{shown}</a></p>'
    mjml = section(f'<mj-button css-class="button" href="{escape(href)}">{shown}</mj-button>')
    return Drawn(mjml, html, f"{words}: {href}")


def _check_address(url: str) -> str:
    if not url.startswith(("http://", "https://", "/", "mailto:", "tel:", "\ue000")):
        raise WordsRefused(
            _("“%(url)s” is no address: it begins with https://.") % {"url": url[:60]}
        )
    return url


def _image(block: Block, page: Page) -> Drawn:
    """``{% image "https://…" "what it shows" %}``"""
    if not block.words:
        raise BlockWants(name="image", example='{% image "https://…" "…" %}')
    url, alt = (*block.words, "")[:2]
    if not url.startswith(("https://", "http://", "/")) or url.startswith("//"):
        raise WordsRefused(
            _("“%(url)s” is no address: it begins with https://.") % {"url": url[:60]}
        )
    source = escape(make_absolute(mask_line(url, page.masks)))
    said = page.say(escape(mask_line(alt, page.masks)))
    mjml = section(f'<mj-image src="{source}" alt="{said}" padding="6px 0" border-radius="10px"/>')
    return Drawn(mjml, f'<p><img src="{source}" alt="{said}"></p>', mask_line(alt, page.masks))


def _voucher(block: Block, page: Page) -> Drawn:
    has = page.say("{% if voucher.code %}"), page.say("{% endif %}")
    name, code = page.say("{{ voucher.name }}"), page.say("{{ voucher.code }}")
    until = page.say("{% if voucher.until %}") + _("Good until %(day)s") % {
        "day": page.say("{{ voucher.until | date }}")
    } + page.say("{% endif %}")  # fmt: skip
    dress = page.dress
    mjml = f"<mj-raw>{has[0]}</mj-raw>" + panel(
        f'<mj-text css-class="ink" align="center" font-weight="700" padding="18px 20px 0">'
        f"<div>{name}</div></mj-text>"
        f'<mj-text css-class="number" align="center" font-size="26px" font-weight="700" '
        f'letter-spacing="2px" color="{dress.accent}" padding="6px 20px">{code}</mj-text>'
        f'<mj-text css-class="soft" align="center" font-size="14px" color="{dress.soft}" '
        f'padding="0 20px 18px"><div>{until}</div></mj-text>',
        page,
    ) + f"<mj-raw>{has[1]}</mj-raw>"  # fmt: skip
    html = (
        f'{has[0]}<div class="say-voucher"><p>{name}</p><p><strong>{code}</strong></p>'
        f"<p>{until}</p></div>{has[1]}"
    )
    return Drawn(mjml, html, f"{has[0]}{name}: {code}\n{until}{has[1]}")


_DRAWERS = {
    "points": _points,
    "reward": _reward,
    "product": _product,
    "products": _products,
    "faces": _faces,
    "button": _button,
    "image": _image,
    "voucher": _voucher,
}
