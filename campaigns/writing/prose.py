"""Markdown in the three forms in which it is read. Links are already ours by number."""

from markdown_it.token import Token

from campaigns.writing.markup import READER, Prose, read_prose
from campaigns.writing.page import Drawn, Page, make_absolute


def draw_prose(prose: Prose, page: Page) -> Drawn:
    tokens = read_prose(prose, page.masks)
    _lead_links(tokens, page)
    text = write_text(tokens)
    plain = READER.renderer.render(tokens, READER.options, {})
    _dress(tokens, page)
    dressed = READER.renderer.render(tokens, READER.options, {})
    mjml = (
        '<mj-section css-class="raised" padding="6px 24px 0"><mj-column>'
        f'<mj-text css-class="ink">{dressed}</mj-text></mj-column></mj-section>'
    )
    return Drawn(mjml, plain, text)


def _lead_links(tokens: list[Token], page: Page) -> None:
    for token in tokens:
        for child in token.children or ():
            if child.type == "link_open":
                child.attrSet("href", page.lead(str(child.attrGet("href") or "")))
            elif child.type == "image":
                child.attrSet("src", make_absolute(str(child.attrGet("src") or "")))


def _dress(tokens: list[Token], page: Page) -> None:
    """Styles on the tags themselves: many programs drop style sheets."""
    dress = page.dress
    styles = {
        "p": "margin:0 0 14px;",
        "h1": "margin:22px 0 10px;font-size:26px;line-height:1.25;font-weight:700;",
        "h2": "margin:20px 0 8px;font-size:20px;line-height:1.3;font-weight:700;",
        "h3": "margin:16px 0 6px;font-size:17px;line-height:1.35;font-weight:700;",
        "ul": "margin:0 0 14px;padding:0 0 0 22px;",
        "ol": "margin:0 0 14px;padding:0 0 0 22px;",
        "li": "margin:0 0 4px;",
        "blockquote": f"margin:0 0 14px;padding:0 0 0 14px;border-left:3px solid {dress.line};",
        "hr": f"border:0;border-top:1px solid {dress.line};margin:20px 0;",
        "table": "width:100%;border-collapse:collapse;margin:0 0 14px;",
        "th": f"text-align:left;padding:6px 8px 6px 0;border-bottom:1px solid {dress.line};",
        "td": f"padding:6px 8px 6px 0;border-bottom:1px solid {dress.line};vertical-align:top;",
        "a": f"color:{dress.accent};text-decoration:underline;",
        "img": "max-width:100%;height:auto;border:0;border-radius:10px;",
        "code": "font-family:Menlo,Consolas,monospace;font-size:90%;",
    }
    for token in _walk(tokens):
        if token.nesting >= 0 and token.tag in styles:
            had = str(token.attrGet("style") or "")  # which side a column of a table keeps to
            token.attrSet("style", styles[token.tag] + had)
            if token.tag == "a":
                token.attrSet("class", "link")


def _walk(tokens: list[Token]):
    for token in tokens:
        yield token
        yield from _walk(token.children or [])


# --- Plain text ---------------------------------------------------------------------------------


def write_text(tokens: list[Token]) -> str:
    """Text as somebody would write it: headings underlined, items dashed, addresses in full."""
    blocks: list[str] = []
    prefix: list[str] = []
    counters: list[int] = []
    heading = ""
    cells: list[str] = []
    for token in tokens:
        kind = token.type
        if kind == "heading_open":
            heading = token.tag
        elif kind in ("bullet_list_open", "ordered_list_open"):
            counters.append(int(token.attrGet("start") or 1) if kind[0] == "o" else 0)
        elif kind in ("bullet_list_close", "ordered_list_close"):
            counters.pop()
            if not counters:
                blocks.append("")
        elif kind == "list_item_open":
            mark = f"{counters[-1]}. " if counters[-1] else "- "
            prefix.append("  " * (len(counters) - 1) + mark)
            counters[-1] += 1 if counters[-1] else 0
        elif kind == "list_item_close" and prefix:
            prefix.pop()
        elif kind in ("th_open", "td_open"):
            cells.append("")
        elif kind == "tr_close":
            blocks.append(" | ".join(cells))
            cells = []
        elif kind == "table_close":
            blocks.append("")
        elif kind == "hr":
            blocks += ["-" * 20, ""]
        elif kind == "blockquote_open":
            prefix.append("> ")
        elif kind == "blockquote_close" and prefix:
            prefix.pop()
        elif kind == "fence":
            blocks += [token.content.rstrip(), ""]
        elif kind == "inline":
            line = _write_inline(token.children or [])
            if cells:
                cells[-1] = line
            elif prefix:
                blocks.append(prefix[-1] + line)
                if counters:
                    prefix[-1] = " " * len(prefix[-1])
            elif heading:
                blocks += [line, ("=" if heading == "h1" else "-") * 20, ""]
                heading = ""
            else:
                blocks += [line, ""]
    return "\n".join(blocks).strip("\n")


def _write_inline(children: list[Token]) -> str:
    parts: list[str] = []
    links: list[tuple[str, int]] = []
    for child in children:
        if child.type == "link_open":
            links.append((str(child.attrGet("href") or ""), len(parts)))
        elif child.type == "link_close":
            href, since = links.pop()
            said = "".join(parts[since:])
            shown = href.removeprefix("mailto:").removeprefix("tel:")
            if shown != said:
                parts.append(f" ({shown})")
        elif child.type in ("softbreak", "hardbreak"):
            parts.append("\n")
        elif child.type == "image" or child.content:
            parts.append(child.content)
    return "".join(parts)
