"""Tokens, their ranges, and what happens to broken text."""

from __future__ import annotations

import pytest

from fairlead.lint.nginx.lexer import DEEPEST, tokens


def words(text: str) -> list[str]:
    return tokens(text).values


def flaws(text: str) -> list[tuple[int, str]]:
    return [(flaw.start, flaw.message) for flaw in tokens(text).flaws]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a b;", ["a", "b", ";"]),
        ("a{b;}", ["a", "{", "b", ";", "}"]),
        ("a \"b c\" 'd;e';", ["a", "b c", "d;e", ";"]),
        ('a "b\\"c" \'d"e\';', ["a", 'b"c', 'd"e', ";"]),
        ("a ${b} c;", ["a", "${b}", "c", ";"]),
        ("a x${b}y/${c};", ["a", "x${b}y/${c}", ";"]),
        ("a b#c; # d", ["a", "b#c", ";", "# d"]),
        ("a b\\;c\\ d;", ["a", "b\\;c\\ d", ";"]),
        ('a "\\\\.php$" x\\ty;', ["a", "\\.php$", "x\ty", ";"]),
        ("a\r\n  b;\r\n# c\r\n", ["a", "b", ";", "# c"]),
        ("\ufeffa b;", ["a", "b", ";"]),
        ('a "";', ["a", "", ";"]),
        ("a b'c d'e;", ["a", "b'c", "d'e", ";"]),
        ("a {{ b }}.c;", ["a", "{{ b }}.c", ";"]),
        ("{% if x %}\na b;\n{% endif %}", ["a", "b", ";"]),
        ("{{- range x }}\na b;\n{{ end }}", ["a", "b", ";"]),
        ("${EXTRA}\na b;", ["a", "b", ";"]),
        ("a\n${EXTRA}\n;", ["a", "${EXTRA}", ";"]),
        ("a }b;", ["a", ";", "b", ";"]),
    ],
)
def test_words_are_cut_as_nginx_cuts_them(text: str, expected: list[str]) -> None:
    assert expected == words(text)


def test_every_token_knows_its_range() -> None:
    text = 'add_header  X "a b"  always; # why'
    found = tokens(text)
    ranges = [text[start:end] for start, end in zip(found.starts, found.ends, strict=True)]

    assert ["add_header", "X", '"a b"', "always", ";", "# why"] == ranges


@pytest.mark.parametrize(
    ("text", "start", "message"),
    [
        ("a b", 3, 'no ";" after the directive "a"; add one here'),
        ("a { b }", 5, 'no ";" after the directive "b"; add one here'),
        ("a { b c}", 7, 'no ";" after the directive "b"; add one here'),
        ("a { b;", 2, 'a block that is never closed; add "}" where it ends'),
        ("a; }", 3, 'a "}" that closes nothing; remove it, or open its block'),
        ("a;; b;", 2, 'a ";" without a directive before it; remove it'),
        ("{ a; }", 0, 'a "{" without the name of a block before it; remove it or name it'),
        ('a "b;\nc d;', 2, 'a " that is never closed; close it where the value ends'),
        ('a "b;\nc "d";', 2, 'a " that is never closed; close it where the value ends'),
        ("a 'b'c;", 5, "a quoted value with 'c' right behind it; put a space, or all of it into the quotes"),
        (
            "a ~ ^/[a-z]{2,3}/[0-9]{2}$ { b; }",
            4,
            'an expression with a "{" in it, which nginx takes for a block; put it into quotes',
        ),
        ("x_by_lua_block { if a then", 15, 'a block of Lua that is never closed; add "}" where it ends'),
    ],
)
def test_each_break_is_reported_once_where_it_is(text: str, start: int, message: str) -> None:
    assert [(start, message)] == flaws(text)


@pytest.mark.parametrize("text", ['a "b;\nc d;', 'a "b;\nc "d";', "a b\n}\nc d;", "a { b }\nc d;", "}}}\nc d;"])
def test_what_follows_a_break_is_still_read(text: str) -> None:
    assert ["c", "d", ";"] == words(text)[-3:]


def test_an_expression_without_its_quotes_is_read_as_it_was_meant() -> None:
    assert ["a", "~", "^/[a-z]{2,3}/[0-9]{2}$", "{", "b", ";", "}"] == words("a ~ ^/[a-z]{2,3}/[0-9]{2}$ { b; }")


@pytest.mark.parametrize(
    "code",
    [
        'ngx.say("}")',
        "ngx.say('{') -- it's }\n",
        "local s = [[ } ]] --[==[ } ]==] local t = {1, {2}}",
        'if a then return "\\"}" end',
    ],
)
def test_a_block_of_lua_is_one_argument(code: str) -> None:
    found = tokens(f"content_by_lua_block {{{code}}} a b;")

    assert (["content_by_lua_block", code, ";", "a", "b", ";"], []) == (found.values, found.flaws)


def test_lua_may_follow_the_name_of_a_variable_without_a_space() -> None:
    assert ["set_by_lua_block", "$x", " return 1 ", ";"] == words("set_by_lua_block $x{ return 1 }")


def test_nesting_beyond_reason_is_reported_and_skipped() -> None:
    depth = 10_000
    found = tokens("a {" * depth + "}" * depth + " b c;")

    assert 1 == len(found.flaws)
    assert f"more than {DEEPEST} blocks nested; nothing inside this one is read" == found.flaws[0].message
    assert ["b", "c", ";"] == found.values[-3:]


@pytest.mark.parametrize(
    "text", ["", "\x00", "a\x00b;", "\\", '"', "'", "#", "{", "}", ";", "${", "a ${", "\ufeff", "a \\"]
)
def test_any_text_comes_out_whole(text: str) -> None:
    found = tokens(text)

    assert len(found.closing) == found.values.count("{")
    assert not found.values or found.values[-1][0] in ";}#"
