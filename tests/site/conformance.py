"""What a checker of HTML says of a page: errors of the parser, and what only the tree shows."""

from collections import Counter
from itertools import pairwise

from tinyhtml5.parser import HTMLParser

HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
# Attributes that name the ids of other things on the page.
REFERENCES = (
    "for", "aria-labelledby", "aria-describedby", "aria-controls", "aria-details", "aria-owns",
    "form", "list", "headers", "popovertarget",
)  # fmt: skip
# What may stand in a paragraph, a heading, a button or a label: no blocks.
BLOCKS = {
    "address", "article", "aside", "blockquote", "dd", "details", "div", "dl", "dt", "fieldset",
    "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main",
    "nav", "ol", "p", "pre", "section", "table", "ul",
}  # fmt: skip
PHRASES = {"p", "h1", "h2", "h3", "h4", "h5", "h6", "button", "label", "span", "em", "strong",
           "small", "dt", "time", "b", "i", "data", "legend", "summary"}  # fmt: skip
HEADED = {"legend", "summary", "dt"}  # a heading may stand in the first two; blocks may not
PRESSED = {"a", "button", "input", "select", "textarea", "summary", "label", "details"}
CHILDREN = {
    "ul": {"li", "script", "template"},
    "ol": {"li", "script", "template"},
    "dl": {"dt", "dd", "div", "script", "template"},
    "select": {"option", "optgroup", "hr"},
    "tr": {"td", "th", "script", "template"},
    "picture": {"source", "img"},
}
OBSOLETE = {"align", "bgcolor", "border", "frameborder", "cellpadding", "cellspacing", "valign"}
SVG = "{http://www.w3.org/2000/svg}"


def list_faults(html, *, is_part=False):
    """Sentences, none for a page that conforms. A part of a page has no headline of its own."""
    parser = HTMLParser(namespace_html_elements=False)
    root = parser.parse(html)
    faults = [f"line {place[0]}: {code} {words or ''}" for place, code, words in parser.errors]
    nodes = [node for node in root.iter() if isinstance(node.tag, str)]
    faults += _find_broken_references(nodes)
    faults += _find_misplaced(root)
    faults += _find_unsaid(nodes)
    if not is_part:
        faults += _find_disordered_headings(nodes)
    return faults


def _find_broken_references(nodes):
    ids = Counter(node.get("id") for node in nodes if node.get("id") is not None)
    for name, count in ids.items():
        if count > 1 or not name or " " in name:
            yield f"id “{name}” {count} times"
    for node in nodes:
        for attribute in REFERENCES:
            if attribute == "form" and node.tag == "form":
                continue
            for name in (node.get(attribute) or "").split():
                if name not in ids:
                    yield f"{node.tag} {attribute}=“{name}” names nothing"
        target = node.get("href") or ""
        if node.tag == "a" and target.startswith("#") and len(target) > 1 and target[1:] not in ids:
            yield f"link to {target}, which is not there"


def _find_misplaced(root):
    def walk(node, above):
        for child in node:
            if not isinstance(child.tag, str) or child.tag.startswith(SVG):
                continue
            name, parent = child.tag, node.tag
            if parent in CHILDREN and name not in CHILDREN[parent]:
                yield f"<{name}> straight in <{parent}>"
            holders = [each for each in above if each in PHRASES]
            if name in BLOCKS and holders:
                inner = holders[-1]
                if not (inner in HEADED and name in HEADINGS):
                    yield f"<{name}> in <{inner}>"
            if name in PRESSED and {"a", "button"} & set(above):
                yield f"<{name}> in what is pressed itself"
            if name in OBSOLETE or OBSOLETE & set(child.attrib):
                yield f"<{name}> with {sorted(OBSOLETE & set(child.attrib))}"
            if "style" in child.attrib:
                yield f"<{name}> with a style of its own, which the policy forbids"
            if name == "li" and parent not in ("ul", "ol", "menu"):
                yield f"<li> in <{parent}>"
            if name == "source" and parent not in ("picture", "audio", "video"):
                yield f"<source> in <{parent}>"
            yield from walk(child, [*above, name])

    body = root.find("body")
    yield from walk(body if body is not None else root, [])


def _find_unsaid(nodes):
    for node in nodes:
        if node.tag == "img" and node.get("alt") is None:
            yield f"picture without alt: {node.get('src')}"
        elif node.tag == "img":
            alt = node.get("alt")
            if alt != alt.strip() or alt.endswith((".png", ".svg", ".webp", ".jpg")):
                yield f"alt “{alt}” makes no sense"
            if not (node.get("width") and node.get("height")):
                yield f"picture without width and height: {node.get('src')}"
        elif node.tag == "html" and not node.get("lang"):
            yield "no language"
        elif node.tag == "button" and node.get("type") is None:
            yield f"button without type: {''.join(node.itertext()).strip()}"
        elif node.tag == "title" and not "".join(node.itertext()).strip(" ·\n"):
            yield "no title"


def _find_disordered_headings(nodes):
    levels = [HEADINGS.index(node.tag) + 1 for node in nodes if node.tag in HEADINGS]
    if levels.count(1) != 1:
        yield f"{levels.count(1)} headings of the first level"
    for before, after in pairwise(levels):
        if after > before + 1:
            yield f"h{after} after h{before}"
    for place in ("main", "title"):
        count = sum(node.tag == place for node in nodes)
        if count != 1:
            yield f"{count} times <{place}>"
