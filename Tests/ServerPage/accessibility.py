"""What a page has to give everybody: text of enough contrast, a name for each control, targets that a finger finds."""

# Texts whose contrast with the first background behind them is below 4.5 (WCAG 2.2, AA), and buttons under 24 pixels.
contrast = """(() => {
  const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  const paint = (colors) => {
    canvas.clearRect(0, 0, 1, 1);
    for (const color of colors) { canvas.fillStyle = color; canvas.fillRect(0, 0, 1, 1); }
    return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const luminance = (color) => [0.2126, 0.7152, 0.0722].reduce((sum, weight, i) => {
    const v = color[i] / 255;
    return sum + weight * (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  }, 0);
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    const words = walker.currentNode.data.trim();
    if (!words || !element.checkVisibility() || element.closest('.hidden, template, noscript')) continue;
    const behind = [];
    for (let e = element; e; e = e.parentElement) behind.unshift(getComputedStyle(e).backgroundColor);
    const ground = luminance(paint(['white', ...behind]));
    const text = luminance(paint(['white', ...behind, getComputedStyle(element).color]));
    const ratio = (Math.max(text, ground) + 0.05) / (Math.min(text, ground) + 0.05);
    if (ratio < 4.5) found.push(`contrast of '${words.slice(0, 30)}': ${ratio.toFixed(2)}`);
  }
  for (const control of document.querySelectorAll('button, select, summary, .button, .row, input:not(.hidden)')) {
    if (!control.checkVisibility()) continue;
    const {width, height} = control.getBoundingClientRect();
    const name = control.className || control.id || control.tagName;
    if (width < 24 || height < 24) found.push(`${name} is ${width} by ${height} px`);
  }
  return found;
})()"""

# Parts of a card that stand out of it, and names of which nothing is left.
misplaced = """(() => {
  const found = [];
  for (const card of document.querySelectorAll('.card')) {
    const edge = card.getBoundingClientRect();
    for (const part of card.querySelectorAll('*')) {
      if (!part.checkVisibility() || part.closest('.hidden, svg')) continue;
      const {left, right, bottom, width} = part.getBoundingClientRect();
      const name = part.className || part.tagName;
      const isOut = left < edge.left - 1 || right > edge.right + 1 || bottom > edge.bottom + 1;
      if (isOut) found.push(`${name} stands out of its card`);
      const isCut = part.scrollWidth > part.clientWidth + 1 && getComputedStyle(part).overflowX !== 'visible';
      if (isCut && width > 1 && !part.matches('.name, h2')) found.push(`${name} is cut`);
      const words = part.textContent.slice(0, 20);
      if (part.matches('.name') && width < 60) found.push(`${width} px are left for '${words}'`);
    }
  }
  return found;
})()"""

CONTROLS = {
    "button",
    "textbox",
    "slider",
    "radio",
    "combobox",
    "link",
    "image",
    "img",
    "checkbox",
    "group",
    "region",
    "article",
    "DisclosureTriangle",
}


def is_details(page, node):
    """Whether it is the group that `details` makes, whose summary names it."""
    described = page.call("DOM.describeNode", backendNodeId=node["backendDOMNodeId"])
    return described["node"]["nodeName"] == "DETAILS"


def names(page):
    """-> what is missing in the tree that Chromium gives screen readers"""
    found, roles = [], []
    nodes = [n for n in page.call("Accessibility.getFullAXTree")["nodes"] if not n.get("ignored")]
    for node in nodes:
        role, name = node.get("role", {}).get("value", ""), node.get("name", {}).get("value", "")
        roles.append(role)
        if role in CONTROLS and not name.strip() and not is_details(page, node):
            found.append(f"a {role} without a name")
        if role == "radio" and "%" not in name:
            found.append(f"the class '{name}' is read without its probability")
    levels = page.run(
        "[...document.querySelectorAll('h1, h2, h3')].filter(e => e.checkVisibility()).map(e => Number(e.tagName[1]))"
    )
    if levels[:1] != [1] or levels.count(1) != 1 or any(b > a + 1 for a, b in zip(levels, levels[1:])):
        found.append(f"headings of levels {levels}")
    for role in ("main", "status"):
        if role not in roles:
            found.append(f"nothing has the role {role}")
    if roles.count("main") > 1:
        found.append("several mains")
    identifiers = page.run("[...document.querySelectorAll('[id]')].map(e => e.id)")
    if len(set(identifiers)) != len(identifiers):
        found.append("an id stands twice")
    return found
