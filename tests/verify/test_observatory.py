"""The Observatory's grade, algorithm 6: vectors made with its own code, and each row of its table of modifiers."""

from __future__ import annotations

import pytest

from fairlead.ops.verify.observatory import cookies, csp, page, redirection, single
from fairlead.ops.verify.observatory.grade import ORIGIN, graded, letter, scored
from fairlead.ops.verify.observatory.result import Observed

URL = "https://shop.test/"
HTML = '<html><script src="/app.js"></script></html>'
HSTS = ("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
NOSNIFF = ("X-Content-Type-Options", "nosniff")
FRAME = ("X-Frame-Options", "DENY")
NO_REFERRER = ("Referrer-Policy", "no-referrer")
STRICT_REFERRER = ("Referrer-Policy", "strict-origin-when-cross-origin")
SEVERE = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; object-src 'none'; "
    "base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)
SEVEREST = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; font-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
ROW_4 = (HSTS, NOSNIFF, FRAME, STRICT_REFERRER, ("Content-Security-Policy", SEVERE))
ISOLATED = (
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Embedder-Policy", "require-corp"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
)
UNSAFE_STYLE = "default-src 'self'; style-src 'self' 'unsafe-inline'; object-src 'none'"


def seen(*headers: tuple[str, str], **others: object) -> Observed:
    """A page on TLS to which plain HTTP leads."""
    known = {"url": URL, "html": HTML, "hops": ("http://shop.test/", URL), **others}
    return Observed(headers=headers, **known)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("headers", "grade", "score"),
    [
        ((), "D", 30),
        ((HSTS, NOSNIFF, FRAME, NO_REFERRER), "B", 75),
        ((HSTS, NOSNIFF, FRAME, NO_REFERRER, ("Content-Security-Policy", UNSAFE_STYLE)), "A+", 110),
        (ROW_4, "A+", 115),
        ((*ROW_4[:4], ("Content-Security-Policy", SEVEREST), *ISOLATED), "A+", 150),
        ((*ROW_4, HSTS), "B+", 80),
        ((*ROW_4, ("Set-Cookie", "session=1; Path=/")), "B", 70),
    ],
)
def test_the_golden_vectors_give_what_the_observatory_gave(
    headers: tuple[tuple[str, str], ...], grade: str, score: int
) -> None:
    found = graded(seen(*headers))

    assert (grade, score) == (found.letter, found.score), found.results


@pytest.mark.parametrize(
    ("policy", "modifier"),
    [
        ("default-src 'none'; script-src 'self'", 10),
        ("default-src 'self'", 5),
        ("default-src 'self'; style-src 'unsafe-inline'", 0),
        ("default-src 'self'; style-src https:", 0),
        ("default-src 'self'; report-uri /a; report-uri /b", 0),
        ("default-src 'self'; img-src http://pictures.test", -10),
        ("default-src 'self'; script-src 'self' 'unsafe-eval'", -10),
        ("default-src 'self'; style-src 'self' 'unsafe-eval'", -10),
        ("default-src 'self'; script-src 'unsafe-inline'", -20),
        ("default-src 'self'; script-src data:", -20),
        ("script-src 'self'", -20),
        ("default-src *; script-src 'self'", -20),
        ("default-src 'self'; connect-src http://api.test", -20),
        ("default-src 'self'; default-src 'none'", -25),
        ("x", -25),
        ("script-src 'strict-dynamic'; object-src 'none'", -25),
        ("default-src 'none'; script-src 'nonce-abc' 'unsafe-inline' 'strict-dynamic' https:", 10),
        ("default-src 'none'; script-src 'sha256-abc' 'unsafe-inline'", 10),
        ("default-src 'self' https:, default-src 'self'", 5),
        ("default-src 'unsafe-inline', default-src 'none'", 10),
    ],
)
def test_a_policy_is_worth_what_the_table_says(policy: str, modifier: int) -> None:
    assert modifier == csp.judged(seen(("Content-Security-Policy", policy))).modifier


def test_a_policy_that_is_only_reported_counts_as_none() -> None:
    reported = csp.judged(seen(("Content-Security-Policy-Report-Only", SEVERE)))

    assert ("only reported", -25) == (reported.word, reported.modifier)
    assert ("none", -25) == (csp.judged(seen()).word, csp.judged(seen()).modifier)


def test_a_policy_in_the_page_counts_unless_it_holds_only_what_no_page_may_say() -> None:
    assert 5 == csp.judged(seen(), ["default-src 'self'"]).modifier
    assert -25 == csp.judged(seen(), ["frame-ancestors 'none'"]).modifier


def test_plain_http_sources_are_fine_on_a_plain_http_page() -> None:
    header = ("Content-Security-Policy", "default-src 'self'; img-src http://pictures.test")

    assert 5 == csp.judged(seen(header, url="http://shop.test/")).modifier


@pytest.mark.parametrize(
    ("cookie", "with_hsts", "without"),
    [
        ("id=1; Secure; HttpOnly; SameSite=Lax", 5, 5),
        ("id=1; Secure", 0, 0),
        ("id=1", -5, -20),
        ("sessionid=1; HttpOnly", -10, -40),
        ("id=1; Secure; SameSite=Sometimes", -20, -20),
        ("id=1; SameSite=None", -20, -20),
        ("csrftoken=1; Secure", -20, -20),
        ("session=1; Secure", -30, -30),
        ("heroku-session-affinity=1", 0, 0),
    ],
)
def test_a_cookie_is_worth_what_the_table_says(cookie: str, with_hsts: int, without: int) -> None:
    assert with_hsts == cookies.judged(seen(HSTS, ("Set-Cookie", cookie))).modifier
    assert without == cookies.judged(seen(("Set-Cookie", cookie))).modifier


def test_no_cookie_is_worth_nothing() -> None:
    assert 0 == cookies.judged(seen()).modifier


@pytest.mark.parametrize(
    ("headers", "modifier"),
    [
        ((), 0),
        ((("Access-Control-Allow-Origin", "*"),), 0),
        ((("Access-Control-Allow-Origin", "https://friend.test"), ("Access-Control-Allow-Credentials", "true")), 0),
        ((("Access-Control-Allow-Origin", ORIGIN),), 0),
        ((("Access-Control-Allow-Origin", ORIGIN), ("Access-Control-Allow-Credentials", "true")), -50),
    ],
)
def test_sharing_with_any_origin_costs_only_with_credentials(
    headers: tuple[tuple[str, str], ...], modifier: int
) -> None:
    assert modifier == single.sharing(seen(origin_headers=headers), ORIGIN).modifier


@pytest.mark.parametrize(
    ("hops", "modifier"),
    [
        ((), 0),
        (("http://shop.test/", "https://shop.test/"), 0),
        (("http://shop.test/", "https://www.shop.test/"), -5),
        (("http://shop.test/", "http://www.shop.test/", "https://www.shop.test/"), -10),
        (("http://shop.test/", "http://www.shop.test/"), -20),
        (("http://shop.test/",), -20),
    ],
)
def test_redirects_are_worth_what_the_table_says(hops: tuple[str, ...], modifier: int) -> None:
    assert modifier == redirection.judged(seen(hops=hops)).modifier


def test_a_certificate_that_is_not_trusted_costs_the_redirect_and_hsts() -> None:
    observed = seen(HSTS, is_trusted=False)

    assert (-20, -20) == (redirection.judged(observed).modifier, single.hsts(observed).modifier)


@pytest.mark.parametrize(
    ("value", "modifier"),
    [
        ("no-referrer", 5),
        ("unsafe-url", -5),
        ("no-referrer, unsafe-url", -5),
        ("unsafe-url, strict-origin", 5),
        ("strict-origin, what", 5),
        ("what", -5),
    ],
)
def test_the_last_known_word_of_a_referrer_policy_counts(value: str, modifier: int) -> None:
    assert modifier == single.referrer(seen(("Referrer-Policy", value))).modifier


def test_the_pages_own_referrer_policy_comes_after_the_headers() -> None:
    assert -5 == single.referrer(seen(NO_REFERRER), "unsafe-url").modifier
    assert 0 == single.referrer(seen()).modifier


@pytest.mark.parametrize(
    ("value", "modifier"),
    [
        ("max-age=15552000", 0),
        ("max-age=15551999", -10),
        ("includeSubDomains", -20),
        ("max-age=31536000, max-age=31536000", -20),
        ("max-age=soon", -20),
    ],
)
def test_strict_transport_security_is_worth_what_the_table_says(value: str, modifier: int) -> None:
    header = ("Strict-Transport-Security", value)

    assert modifier == single.hsts(seen(header)).modifier
    assert -20 == single.hsts(seen(header, url="http://shop.test/")).modifier


@pytest.mark.parametrize(
    ("html", "modifier"),
    [
        ("", 0),
        ("<html></html>", 0),
        ('<script src="/a.js"></script>', 0),
        ('<script src="https://cdn.test/a.js" integrity="sha384-x"></script>', 5),
        ('<script src="/a.js" integrity="sha384-x"></script>', 5),
        ('<script src="/a.js"></script><script src="https://cdn.test/a.js" integrity="sha384-x"></script>', 5),
        ('<script src="https://cdn.test/a.js"></script>', -5),
        ('<script src="//cdn.test/a.js" integrity="sha384-x"></script>', -20),
        ('<script src="//cdn.test/a.js"></script>', -50),
        ('<script src="http://cdn.test/a.js"></script>', -50),
    ],
)
def test_scripts_are_worth_what_the_table_says(html: str, modifier: int) -> None:
    assert modifier == page.integrity(seen(html=html), page.read(html)).modifier


@pytest.mark.parametrize(
    ("headers", "modifier"),
    [
        ((FRAME,), 5),
        ((("X-Frame-Options", "SameOrigin"),), 5),
        ((("Content-Security-Policy", "frame-ancestors *"),), 5),
        ((("X-Frame-Options", "ALLOW-FROM https://a.test"),), 0),
        ((), -20),
        ((("X-Frame-Options", "MAYBE"),), -20),
        ((FRAME, FRAME), -20),
    ],
)
def test_framing_is_worth_what_the_table_says(headers: tuple[tuple[str, str], ...], modifier: int) -> None:
    assert modifier == single.framing(seen(*headers)).modifier


@pytest.mark.parametrize(("value", "modifier"), [("nosniff", 0), ("NOSNIFF", 0), ("sniff", -5), (None, -5)])
def test_nosniff_costs_only_where_it_is_not_right(value: str | None, modifier: int) -> None:
    headers = () if value is None else (("X-Content-Type-Options", value),)

    assert modifier == single.nosniff(seen(*headers)).modifier


@pytest.mark.parametrize(
    ("test", "name", "values"),
    [
        (
            single.resource,
            "Cross-Origin-Resource-Policy",
            {"same-origin": 10, "same-site": 10, "cross-origin": 0, "here": -5},
        ),
        (
            single.embedder,
            "Cross-Origin-Embedder-Policy",
            {"require-corp": 10, "credentialless": 10, "unsafe-none": 0, "here": -5},
        ),
        (
            single.opener,
            "Cross-Origin-Opener-Policy",
            {
                "same-origin": 10,
                "same-origin-allow-popups": 10,
                "noopener-allow-popups": 10,
                "unsafe-none": 0,
                "here": -5,
            },
        ),
    ],
)
def test_isolation_is_worth_what_the_table_says(test: object, name: str, values: dict[str, int]) -> None:
    assert callable(test)
    assert 0 == test(seen()).modifier
    assert values == {value: test(seen((name, value))).modifier for value in values}


def test_extra_credit_counts_only_from_90_on() -> None:
    assert (115, 90, 85, 0) == (scored([5, 10]), scored([-10]), scored([-15, 10]), scored([-50, -60]))


def test_grades_begin_at_their_lowest_scores() -> None:
    scores = (150, 100, 99, 90, 89, 85, 84, 80, 79, 70, 65, 64, 60, 59, 50, 45, 40, 39, 30, 29, 25, 24, 0)

    assert "A+ A+ A A A- A- B+ B+ B B B- C+ C+ C C C- D+ D D D- D- F F" == " ".join(map(letter, scores))
