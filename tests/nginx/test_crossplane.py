"""What is crossplane's stays crossplane's, and each of its faults that was met is right here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import crossplane
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead.lint.nginx import parse
from fairlead.lint.nginx.directive import Directive
from fairlead.lint.nginx.file import NginxFile
from fairlead.lint.nginx.lexer import tokens
from fairlead.lint.nginx.tokens import COMMENT, QUOTED

CORPUS = sorted((Path(__file__).parent / "corpus").glob("*.conf"))

_WORD = st.one_of(
    st.sampled_from(["on", "80", "~", "^/a/(.*)$", "$uri", "/index.html", "a=b", "http://b:80/", "1y", "\\.php$"]),
    st.text("abcxyz019_./:-$=*", min_size=1, max_size=8).map(lambda text: "w" + text),
    st.text("abc xyz;{}#,'", max_size=10).map(lambda text: f'"{text}"'),
)
_STATEMENT = st.tuples(st.sampled_from(["listen", "root", "if", "map", "x_y"]), st.lists(_WORD, max_size=4)).map(
    lambda parts: " ".join((parts[0], *parts[1])) + ";\n"
)
_BLOCK = st.recursive(
    st.lists(_STATEMENT | st.just("# a comment\n"), max_size=4).map("".join),
    lambda inner: st.lists(inner.map(lambda text: f"server a {{\n{text}}}\n"), max_size=3).map("".join),
    max_leaves=10,
)


def crossplane_tokens(path: Path) -> list[tuple[str, int, bool]]:
    return list(crossplane.lex(str(path)))


def our_tokens(text: str) -> list[tuple[str, int, bool]]:
    found = tokens(text)
    lines = [text.count("\n", 0, start) + 1 for start in found.starts]
    quoted = [kind == QUOTED for kind in found.kinds]
    return list(zip(found.values, lines, quoted, strict=True))


def without_lines(statements: list[dict[str, Any]]) -> list[Any]:
    return [
        (statement["directive"], statement["args"], without_lines(statement.get("block", [])))
        for statement in statements
    ]


def tree(directives: list[Directive]) -> list[Any]:
    return [(directive.name, list(directive.args), tree(directive.children)) for directive in directives]


def test_there_is_a_corpus() -> None:
    assert len(CORPUS) >= 3


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.name)
def test_tokens_equal_those_of_crossplane(path: Path) -> None:
    assert crossplane_tokens(path) == our_tokens(path.read_text())


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.name)
def test_the_tree_equals_that_of_crossplane(path: Path) -> None:
    options = {"single": True, "check_ctx": False, "check_args": False}
    expected = crossplane.parse(str(path), **options)["config"][0]["parsed"]

    assert without_lines(expected) == without_lines(NginxFile(path.read_text(), str(path)).read())


@settings(max_examples=150, deadline=None)
@given(text=_BLOCK)
def test_made_up_files_are_read_as_crossplane_reads_them(text: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / "made-up.conf"
    path.write_text(text)
    expected = crossplane.parse(str(path), single=True, check_ctx=False, check_args=False)["config"][0]["parsed"]

    assert without_lines(expected) == without_lines(NginxFile(text, "made-up.conf").read())


def test_crossplane_itself_is_left_as_it_is() -> None:
    before = crossplane.parser.lex
    parse("a ${b} c;")

    assert before is crossplane.parser.lex
    assert "fairlead" not in before.__module__


def test_an_argument_behind_a_braced_variable_is_not_swallowed() -> None:
    config = parse("rewrite ^/(.*)$ /x?${1} last; add_header X ${host} always;")

    assert [("^/(.*)$", "/x?${1}", "last"), ("X", "${host}", "always")] == [each.args for each in config.directives]


def test_statements_behind_an_include_keep_their_own_file() -> None:
    config = _files(main="include a.conf; server { include a.conf; root /x; }", **{"a.conf": "gzip on;"})

    assert ["a.conf", "main", "a.conf", "main"] == [each.place.path for each in config.find("gzip", "server", "root")]


def test_a_file_included_in_two_contexts_is_seen_in_both() -> None:
    config = _files(
        main="http { server { include p; } server { location / { include p; } } }", p="proxy_read_timeout 5s;"
    )

    assert ["server", "location"] == [each.parent.name for each in config.find("proxy_read_timeout") if each.parent]


def test_a_fragment_keeps_its_statements() -> None:
    config = parse("server { listen 80; location / { return 204; } }")

    assert (1, 1, []) == (len(config.servers), len(config.locations), config.problems)


def test_an_unknown_or_wrong_statement_stays_in_the_tree() -> None:
    config = parse("http { server { lissten 80; location { return 204; } } }")

    assert config.has("lissten", "return")


def test_directives_newer_than_its_table_are_known() -> None:
    config = parse("http { server { http2 on; ssl_reject_handshake on; add_header_inherit merge; } }")

    assert [] == config.problems


def test_the_entries_of_types_are_no_directives() -> None:
    assert [] == parse("http { types { text/html html htm; image/svg+xml svg; } }").problems


def test_include_is_allowed_in_if_and_limit_except() -> None:
    text = "http { server { if ($a) { include b; } location / { limit_except GET { include b; } } } }"

    assert [] == _files(main=text, b="").problems


def test_an_include_loop_is_reported_and_left() -> None:
    config = _files(main="http { include a; }", a="gzip on; include main;")

    assert ["nginx/include-loop"] == [problem[0] for problem in config.problems]
    assert config.has("gzip")


def test_lua_behind_a_variable_is_one_argument() -> None:
    config = parse("http { server { location / { set_by_lua_block $x{ return '}' } return 200 $x; } } }")

    assert (("$x", " return '}' "), []) == (config.find("set_by_lua_block")[0].args, config.problems)


def test_a_file_that_ends_in_a_statement_says_so() -> None:
    assert [('no ";" after the directive "user"; add one here')] == [
        text for _, _, text in parse("user nginx").problems
    ]


def test_a_comment_between_arguments_is_a_comment() -> None:
    config = parse("gzip_types text/css # why\n  text/plain; # this too")

    assert (("text/css", "text/plain"), 2) == (config.directives[0].args, len(list(config.comments)))
    assert (1, []) == (len(config.directives), config.problems)


def _files(main: str, **others: str) -> Any:
    from fairlead.lint.files import Files
    from fairlead.lint.nginx import read

    return read("main", Files({"main": main, **others}, only_overlay=True))


def test_comments_are_the_tokens_that_crossplane_calls_comments() -> None:
    found = tokens("a b; # c")

    assert COMMENT == found.kinds[-1]
