"""How a page is looked at: what axe finds, what it does when opened, what reaches out of the window."""

# Everything axe has but its experiments: WCAG 2.2 up to AA, and good practice.
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN = "tags => axe.run(document, {runOnly: tags, resultTypes: ['violations']})"
# Boxes that reach out of the window, but for those within a box that scrolls.
TOO_WIDE = """() => [...document.querySelectorAll('body *')]
    .filter(each => !each.parentElement.closest('.rk-wide') && each.getBoundingClientRect().right > innerWidth + 1)
    .map(each => each.outerHTML.slice(0, 120))"""
OUTSIDE_MAIN = """() => [...document.body.childNodes]
    .filter(each => each.nodeName != 'MAIN' && each.textContent.trim()).map(each => each.textContent)"""


def violations(browser, axe, path, width):
    with browser.new_page(bypass_csp=True, viewport={"width": width, "height": 900}) as page:
        page.goto(path.as_uri())
        page.evaluate(axe)
        return {each["id"]: each["nodes"][0]["html"] for each in page.evaluate(RUN, RULES)["violations"]}


def visit(page, path, width):
    done = []
    page.on("dialog", lambda dialog: (done.append(f"dialog {dialog.message}"), dialog.dismiss()))
    page.on("request", lambda asked: done.append(asked.url[:80]))
    page.on("pageerror", lambda fault: done.append(str(fault)))
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(path.as_uri())
    # an attack may wait for the reader
    page.locator("h1").first.hover()
    page.wait_for_timeout(100)
    address = page.evaluate("location.href")
    return page, [each for each in done if not each.startswith("data:image/") and each[:80] != address[:80]]


# What stands before and after a name reads from left to right, line by line; marks of isolation hold the names.
OUT_OF_ORDER = """marked => {
    const wrong = [], walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), range = new Range();
    while (walk.nextNode()) {
        const text = walk.currentNode.data;
        let depth = 0, before = null;
        for (const each of marked && !text.includes('\\u2068') ? [] : text.matchAll(/[\\u2066-\\u2069]|[\\w€%]+/g)) {
            if (each[0] == '\\u2069') depth--;
            else if (/[\\u2066-\\u2068]/.test(each[0])) depth++;
            else if (depth == 0) {
                range.setStart(walk.currentNode, each.index);
                range.setEnd(walk.currentNode, each.index + each[0].length);
                const {left, top, height} = range.getBoundingClientRect();
                if (before && Math.abs(top - before.top) < height / 2 && left < before.left) wrong.push(text);
                before = {left, top};
            }
        }
    }
    return [...new Set(wrong)];
}"""
# Numbers with their signs, of which one part stands on another line.
BROKEN_NUMBERS = """() => {
    const wrong = [], walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), range = new Range();
    while (walk.nextNode()) {
        for (const each of walk.currentNode.data.matchAll(
            /(?<![\\p{L}\\d])[-+−±]?\\u2060?[$€£¥]?\\d(?:[\\d.,\\u202f\\u00a0]*\\d)?(?:[\\u00a0\\u202f]?[%€])?/gu)) {
            range.setStart(walk.currentNode, each.index);
            range.setEnd(walk.currentNode, each.index + each[0].length);
            const tops = [...range.getClientRects()].map(box => box.top);
            if (Math.max(...tops) - Math.min(...tops) > 4) wrong.push(each[0]);
        }
    }
    return wrong;
}"""
