"""Take the README's pictures from a running system: `planwatch up` in one terminal, this in another.

Needs Chromium (CHROMIUM names it, else /usr/bin/chromium) and a font with Chinese characters. Writes docs/pictures/.
"""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright
from rich.console import Console

from planwatch.local.address import running_address
from planwatch.local.home import Home
from planwatch.local.scoreboard import newest_score, show
from planwatch.settings import ROOT, settings
from planwatch.warehouse import make_engine

OUT = ROOT / "docs" / "pictures"


def address(what: str) -> str:
    """Return where a part of the running system answers."""
    return running_address(Home(settings().home), what)


def scoreboard(browser: Browser) -> None:
    """Draw the terminal scoreboard."""
    score = newest_score(make_engine(address("bi")), settings().plan)
    if score is None:
        sys.exit("no edition yet: run `planwatch up` first")
    console = Console(record=True, width=118, file=io.StringIO(), force_terminal=True)
    show(console, score, more=f"planwatch edition show {score.edition['period']} --board")
    page = browser.new_page(viewport={"width": 1180, "height": 1000}, device_scale_factor=1.5)
    font = "font-family:'Noto Sans Mono CJK SC',monospace;font-size:15px;line-height:1.45"
    html = console.export_html(
        inline_styles=True,
        code_format=f"<body style='margin:24px;background:#fdfdfb'><pre style=\"{font}\">{{code}}</pre></body>",
    )
    page.set_content(html)
    page.screenshot(path=str(OUT / "scoreboard.png"), full_page=True)


def airflow(browser: Browser) -> None:
    """Log in to Airflow and take its pages."""
    base, user, password = airflow_login()
    page = browser.new_page(viewport={"width": 1360, "height": 850}, device_scale_factor=1.25)
    page.goto(base)
    page.fill("input[name=username]", user)
    page.fill("input[name=password]", password)
    page.keyboard.press("Enter")
    page.wait_for_url("**/")
    for name, path in (("dags", "/dags?limit=50"), ("edition", "/dags/edition"), ("feed", "/dags/feed_finance")):
        page.goto(f"{base}{path}")
        settle(page)
        page.screenshot(path=str(OUT / f"airflow-{name}.png"))


def airflow_login() -> tuple[str, str, str]:
    """Return base URL, user and password from the line that `planwatch url airflow` prints."""
    from urllib.parse import unquote, urlsplit

    parts = urlsplit(address("airflow"))
    return (
        f"{parts.scheme}://{parts.hostname}:{parts.port}",
        unquote(parts.username or "admin"),
        unquote(parts.password or ""),
    )


def mail_and_docs(browser: Browser) -> None:
    """Open the newest mail and the Data Docs behind the desk's password."""
    for name, what in (("mails", "mail"), ("data-docs", "docs")):
        page = browser.new_page(viewport={"width": 1100, "height": 820}, device_scale_factor=1.25)
        page.goto(address(what))
        settle(page)
        page.screenshot(path=str(OUT / f"{name}.png"))
        if what == "mail":
            page.get_by_role("link", name="发展改革委").last.click()
            settle(page)
            page.screenshot(path=str(OUT / "mail.png"))


def settle(page: Page) -> None:
    """Wait until the page has fetched what it shows."""
    page.wait_for_load_state("networkidle")


def main() -> None:
    """Take all pictures."""
    OUT.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=["--no-sandbox"]
        )
        for take in (scoreboard, airflow, mail_and_docs):
            take(browser)
            sys.stdout.write(f"{take.__name__} done\n")
        browser.close()
    sys.stdout.write("\n".join(str(p.relative_to(ROOT)) for p in sorted(Path(OUT).glob("*.png"))) + "\n")


if __name__ == "__main__":
    main()
