"""What every page owes to whoever opens it, measured in the browser in all its looks."""

from importlib.resources import files

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text()
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# What a dark theme can break: everything else is the same by day and by night.
COLOURS = ["color-contrast", "link-in-text-block"]
PHONE, DESKTOP = {"width": 390, "height": 844}, {"width": 1280, "height": 900}
# The smallest phone, and half of a desktop: what 200 % zoom leaves of it.
NARROW, ZOOMED = {"width": 320, "height": 568}, {"width": 640, "height": 450}
# What letters of twice their size leave of a phone: measures in letters see no difference.
LARGE_LETTERS = {"width": 195, "height": 422}
MOST_SHIFT = 0.02

# Runs before the page's own scripts; the pages' policy doesn't apply to it.
WATCH_SHIFTS = """
window.shifts = [];
new PerformanceObserver(list => {
  for (const entry of list.getEntries())
    if (!entry.hadRecentInput)
      window.shifts.push([
        entry.value, entry.sources.map(each => each.node?.outerHTML?.slice(0, 120))]);
}).observe({type: "layout-shift", buffered: true});
"""
# Colours change in steps, even very short ones: axe must not read them half way.
_STAND_STILL = """
() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(
    "*, ::before, ::after {transition: none !important; animation: none !important}");
  document.adoptedStyleSheets.push(sheet);
}
"""
_RUN_AXE = """
async options => (
  await axe.run(document, {preload: false, resultTypes: ["violations"], ...options})
).violations.map(rule => [rule.id, ...rule.nodes.slice(0, 3).map(node => node.html.slice(0, 160))])
"""
# Things that reach beyond the screen and can't be pushed along.
_LIST_BEYOND = """
() => {
  const wide = document.documentElement.scrollWidth - innerWidth;
  if (wide <= 0) return [];
  const canBePushed = each => {
    for (let up = each.parentElement; up && up !== document.body; up = up.parentElement)
      if (getComputedStyle(up).overflowX !== "visible") return true;
    return false;
  };
  const found = [...document.body.querySelectorAll("*")].filter(
    each => each.getBoundingClientRect().right > innerWidth + 1 && !canBePushed(each));
  const widest = Math.max(...found.map(each => each.getBoundingClientRect().right));
  const guilty = found.filter(each => each.getBoundingClientRect().right >= widest - 1);
  return [`${wide} px too wide`, ...guilty.slice(-2).map(each => each.outerHTML.slice(0, 140))];
}
"""
# What has the focus must not lie wholly under something fixed or sticky (WCAG 2.4.11).
_LIST_COVERED = """
async () => {
  await new Promise(seen => requestAnimationFrame(() => requestAnimationFrame(seen)));
  const found = [];
  const bars = [...document.body.querySelectorAll("*")].filter(each => {
    const style = getComputedStyle(each);
    return style.position === "fixed" && style.visibility === "visible" && each.offsetHeight;
  });
  const wanted = "main a[href], main button, main input, main select, main textarea, main summary,"
    + " footer a[href], footer button";
  for (const each of document.querySelectorAll(wanted)) {
    if (!each.checkVisibility({visibilityProperty: true}) || each.disabled) continue;
    each.focus();
    const box = each.getBoundingClientRect();
    for (const bar of bars) {
      const over = bar.getBoundingClientRect();
      if (box.height && box.top >= over.top && box.bottom <= over.bottom + 1 && !bar.contains(each))
        found.push(`under the bar: ${each.outerHTML.slice(0, 140)}`);
    }
  }
  document.activeElement?.blur();
  return found;
}
"""


def list_flaws(page, *, shift=False):
    """Of the page that is open: what axe finds by day and by night, small and large; what doesn't
    fit 320 px, 200 % zoom or letters of 200 %; what the browser complained of.
    """
    page.wait_for_load_state()
    flaws = [("console", text) for text in page.complaints]
    if shift:
        page.wait_for_timeout(300)  # scripts and late pictures have had their say
        shifts = page.evaluate("window.shifts")
        if sum(value for value, _nodes in shifts) > MOST_SHIFT:
            flaws.append(("layout shift", shifts))
    page.evaluate(_STAND_STILL)
    page.evaluate(AXE)
    for viewport in (PHONE, DESKTOP):
        page.set_viewport_size(viewport)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            only = {"type": "tag", "values": WCAG}
            if scheme == "dark":
                only = {"type": "rule", "values": COLOURS}
            look = f"axe, {viewport['width']} px, {scheme}"
            flaws += [(look, each) for each in page.evaluate(_RUN_AXE, {"runOnly": only})]
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    for viewport in (NARROW, ZOOMED):
        page.set_viewport_size(viewport)
        look = f"{viewport['width']} px"
        flaws += [(look, each) for each in page.evaluate(_LIST_BEYOND)]
        flaws += [(look, each) for each in _list_covered(page)]
    page.set_viewport_size(LARGE_LETTERS)
    flaws += [("letters of 200 %", each) for each in page.evaluate(_LIST_BEYOND)]
    page.set_viewport_size(PHONE)
    page.complaints.clear()  # axe's own: the policy of our pages forbids what it tries
    return flaws


def _list_covered(page):
    """Asked again where something is: what is fixed follows a new size of the screen late."""
    for _time in range(5):
        found = page.evaluate(_LIST_COVERED)
        if not found:
            return []
        page.wait_for_timeout(100)
    return found
