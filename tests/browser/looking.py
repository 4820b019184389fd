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
