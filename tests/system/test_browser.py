"""The page in a real browser: what a person does on a first visit, with the mouse and without."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, ViewportSize, expect, sync_playwright

ARTEFACTS = Path(__file__).parents[1] / "artefacts"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-component-update", "--disable-sync"]
WIDE: ViewportSize = {"width": 1200, "height": 780}
NARROW: ViewportSize = {"width": 390, "height": 780}
LONGEST_ANSWER_MS = 60_000
QUESTION = "Why does a kettle sing before it boils, and why does it fall silent just as the water begins to roll?"
SNIPPET = """Keep this for me:

```
for bubble in kettle.bottom:
    if water.is_cold_above(bubble):
        bubble.collapse()  # one click of the song
```"""

# Every distinct text that the newest answer was painted with, in order: what comes in one piece is painted once.
WATCH_ANSWER = """() => {
    window.seenTexts = []
    const look = () => {
        const text = [...document.querySelectorAll('[data-role=assistant] .text')].at(-1)?.textContent
        if (text && text !== window.seenTexts.at(-1)) window.seenTexts.push(text)
    }
    new MutationObserver(() => requestAnimationFrame(look))
        .observe(document.body, { subtree: true, childList: true, characterData: true })
}"""
REPORT_VIOLATIONS = """addEventListener('securitypolicyviolation', (event) =>
    reportViolation(`${event.effectiveDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`))"""


@dataclass(frozen=True)
class Person:
    username: str = field(default_factory=lambda: f"ada-{secrets.token_hex(4)}")
    password: str = field(default_factory=lambda: secrets.token_urlsafe(16), repr=False)


@dataclass(frozen=True)
class Visit:
    """A browser window, and what went wrong in it: console errors, exceptions, policy violations, foreign requests."""

    page: Page
    faults: list[str]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def context(browser: Browser, site: str) -> Iterator[BrowserContext]:
    window = browser.new_context(base_url=site, viewport=WIDE, color_scheme="light", locale="en")
    yield window
    window.close()


@pytest.fixture
def visit(context: BrowserContext, site: str) -> Visit:
    page = context.new_page()
    faults: list[str] = []
    page.expose_function("reportViolation", lambda said: faults.append(f"policy: {said}"))
    page.add_init_script(REPORT_VIOLATIONS)
    page.on("console", lambda message: faults.append(f"console: {message.text}") if message.type == "error" else None)
    page.on("pageerror", lambda error: faults.append(f"exception: {error}"))
    page.on("request", lambda asked: None if asked.url.startswith(site) else faults.append(f"elsewhere: {asked.url}"))
    return Visit(page, faults)


def register(page: Page, person: Person) -> None:
    page.goto("/")
    page.get_by_role("link", name="Create an account").click()
    expect(page.get_by_role("heading", name="Make yourself at home")).to_be_visible()
    page.get_by_label("User name").fill(person.username)
    page.get_by_label("Password", exact=True).fill(person.password)
    page.get_by_role("button", name="Create the account").click()
    expect(page.get_by_text("What is on your mind?")).to_be_visible()


def send(page: Page, text: str) -> None:
    page.get_by_role("textbox", name="Message in").fill(text)
    page.get_by_role("button", name="Send").click()


def newest_answer(page: Page) -> Locator:
    return page.locator("[data-role=assistant]").last


def wait_for_answer(page: Page) -> str:
    """The whole text of the newest answer, once it has been written to its end."""
    expect(newest_answer(page)).to_have_attribute("aria-busy", "false", timeout=LONGEST_ANSWER_MS)
    return newest_answer(page).locator(".text").inner_text()


def photograph(page: Page, name: str) -> None:
    ARTEFACTS.mkdir(exist_ok=True)
    page.screenshot(path=ARTEFACTS / f"{name}.png", animations="disabled")


def test_a_new_person_watches_the_answer_being_written_and_finds_it_again(visit: Visit) -> None:
    page = visit.page
    register(page, Person())
    page.evaluate(WATCH_ANSWER)

    send(page, QUESTION)
    answer = wait_for_answer(page)

    texts = page.evaluate("window.seenTexts")
    assert len(texts) >= 3
    assert all(later.startswith(earlier) for earlier, later in pairwise(texts))
    page.reload()
    expect(newest_answer(page).locator(".text")).to_have_text(answer)
    expect(page.locator("[data-role=user] .text")).to_have_text(QUESTION)
    assert visit.faults == []


def test_the_page_is_light_and_dark_as_the_system_is_unless_chosen(visit: Visit) -> None:
    page = visit.page
    register(page, Person())
    for text in (QUESTION, SNIPPET):
        send(page, text)
        wait_for_answer(page)
    photograph(page, "chat-light")
    light = background(page)

    page.emulate_media(color_scheme="dark")
    photograph(page, "chat-dark")
    dark = background(page)
    page.get_by_role("radio", name="Light").check(force=True)
    chosen = background(page)
    page.reload()

    assert light != dark
    assert [light, light] == [chosen, background(page)]
    assert visit.faults == []


def background(page: Page) -> str:
    colour: str = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    return colour


def test_everything_can_be_done_with_the_keyboard_alone(visit: Visit) -> None:
    page, person = visit.page, Person()
    page.goto("/register")
    expect(page.get_by_label("User name")).to_be_focused()

    press(page, person.username, "Tab", person.password, "Enter")
    expect(page.get_by_role("textbox", name="Message in")).to_be_focused()
    press(page, "One line", "Shift+Enter", "and another", "Enter")
    wait_for_answer(page)
    expect(page.locator("[data-role=user] .text")).to_have_text("One line\nand another")
    expect(page.get_by_role("textbox", name="Message in")).to_be_focused()

    tab_to(page, page.get_by_role("button", name="Delete One line"))
    press(page, "Enter")
    expect(page.get_by_role("button", name="Keep it")).to_be_focused()
    press(page, "Tab", "Enter")
    expect(page.get_by_text("None yet.")).to_be_visible()
    expect(page.get_by_role("textbox", name="Message in")).to_be_focused()

    tab_to(page, page.get_by_role("button", name="Log out"))
    press(page, "Enter")
    expect(page.get_by_label("User name")).to_be_focused()
    press(page, person.username, "Tab", person.password, "Enter")
    expect(page.get_by_text("What is on your mind?")).to_be_visible()
    assert visit.faults == []


def press(page: Page, *keys: str) -> None:
    """Presses the keys that have a name, and types everything else."""
    for key in keys:
        if key in ("Enter", "Escape", "Shift+Enter", "Tab"):
            page.keyboard.press(key)
        else:
            page.keyboard.type(key)


def tab_to(page: Page, target: Locator) -> None:
    for _ in range(40):
        page.keyboard.press("Tab")
        if target.evaluate("(element) => element === document.activeElement"):
            return
    pytest.fail(f"40 times Tab does not reach {target}")


def test_a_link_leads_past_the_list(visit: Visit) -> None:
    page = visit.page
    register(page, Person())

    tab_to(page, page.get_by_role("link", name="Skip to the main part"))
    press(page, "Enter")

    expect(page.get_by_role("main")).to_be_focused()
    assert visit.faults == []


def test_an_answer_that_is_stopped_keeps_what_was_written(visit: Visit) -> None:
    page = visit.page
    register(page, Person())

    send(page, f"{QUESTION} " * 40)
    expect(newest_answer(page).locator(".text")).to_be_visible()
    expect(page.get_by_role("textbox", name="Message in")).to_be_focused()
    page.get_by_role("button", name="Stop the answer").click()

    expect(newest_answer(page).get_by_role("alert")).to_have_text("Stopped.")
    expect(newest_answer(page).locator(".text")).not_to_be_empty()
    expect(page.get_by_role("textbox", name="Message in")).to_be_focused()
    assert visit.faults == []


def test_who_logs_out_while_an_answer_is_written_is_simply_logged_out(visit: Visit) -> None:
    page = visit.page
    register(page, Person())
    send(page, f"{QUESTION} " * 40)
    expect(newest_answer(page).locator(".text")).to_be_visible()

    with page.expect_response("**/api/logout"):
        page.get_by_role("button", name="Log out").click()

    expect(page.get_by_role("heading", name="Welcome back")).to_be_visible()
    page.wait_for_load_state("networkidle")
    expect(page.get_by_role("alert")).to_have_count(0)
    assert visit.faults == []


def test_a_wrong_password_is_told_and_the_right_one_still_works(visit: Visit) -> None:
    page, person = visit.page, Person()
    register(page, person)
    page.get_by_role("button", name="Log out").click()

    log_in(page, person, "not the password")
    expect(page.get_by_role("alert")).to_contain_text("wrong")
    log_in(page, person, person.password)

    expect(page.get_by_text("What is on your mind?")).to_be_visible()
    # The browser itself writes down every answer of 401; nothing else may be there.
    assert [fault for fault in visit.faults if "401" not in fault] == []


def log_in(page: Page, person: Person, password: str) -> None:
    page.get_by_label("User name").fill(person.username)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Log in").click()


def test_a_message_that_is_refused_goes_back_to_the_field(visit: Visit) -> None:
    page, text = visit.page, "much too long " * 100_000
    register(page, Person())

    send(page, text)

    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_role("textbox", name="Message in")).to_have_value(text.strip())
    assert [fault for fault in visit.faults if "413" not in fault] == []


def test_a_session_that_ended_leads_back_to_the_log_in_and_from_there_to_the_conversation(visit: Visit) -> None:
    page, person = visit.page, Person()
    register(page, person)
    send(page, "Remember this")
    wait_for_answer(page)
    address = page.url
    page.context.clear_cookies()

    send(page, "Are you still there?")
    expect(page.get_by_role("alert")).to_have_text("Your session has ended. Log in again.")
    log_in(page, person, person.password)

    expect(page.locator("[data-role=user] .text")).to_have_text("Remember this")
    assert page.url == address


def test_a_narrow_screen_has_the_list_behind_a_button_and_never_scrolls_sideways(visit: Visit) -> None:
    page = visit.page
    page.set_viewport_size(NARROW)
    register(page, Person())
    send(page, f"{QUESTION} {'Donaudampfschifffahrt' * 8}")
    wait_for_answer(page)
    photograph(page, "chat-narrow")

    assert page.evaluate("document.documentElement.scrollWidth") == NARROW["width"]
    page.get_by_role("button", name="Conversations").click()
    expect(page.get_by_role("link", name="New conversation")).to_be_visible()
    press(page, "Escape")
    expect(page.get_by_role("link", name="New conversation")).to_be_hidden()
    expect(page.get_by_role("button", name="Conversations")).to_be_focused()
    assert visit.faults == []
