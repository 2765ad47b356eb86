"""A plan tells of what serves and of what comes, and holds a secret of neither."""

from __future__ import annotations

from fairlead.ops.command import without
from fairlead.ops.deploy.known_secrets import all_values, secrets_on
from fairlead.ops.host import LocalHost

MODEL = {
    "services": {"web": {"environment": {"API_TOKEN": "0ld+token", "LEVEL": "info-level", "PIN_SECRET": 7}}, "db": {}}
}


def _release(folder, **secrets):
    (folder / "secrets").mkdir(parents=True)
    for name, text in secrets.items():
        (folder / "secrets" / name).write_text(text)
    return str(folder)


def test_secrets_are_read_as_they_are(tmp_path):
    folder = _release(tmp_path / "r1", token="a\nb \n", empty="")

    assert {"token": b"a\nb \n", "empty": b""} == secrets_on(LocalHost(), folder)
    assert {} == secrets_on(LocalHost(), str(tmp_path / "r2"))


def test_what_served_with_a_secret_of_its_own_is_told_without_it(tmp_path):
    serves = _release(tmp_path / "r1", password="0ld-passw0rd\n", acl="user a on >acl-line-1\nuser b\n", pin="1234")
    base = _release(tmp_path / "base", root="r00t-of-base")
    values = all_values(LocalHost(), [serves, base], [MODEL], ["new-value"])

    said = (
        "command: --requirepass 0ld-passw0rd, r00t-of-base, 0ld+token or 0ld%2Btoken, new-value, info-level, pin 1234"
    )
    assert "command: --requirepass ***, ***, *** or ***, ***, info-level, pin 1234" == without(said, values)
    assert "***; ***" == without("user a on >acl-line-1; user b", values)


def test_a_value_that_holds_another_is_masked_as_a_whole(tmp_path):
    folder = _release(tmp_path / "r1", short="abcdef", long="abcdef-and-more")

    assert "***" == without("abcdef-and-more", all_values(LocalHost(), [folder], [], []))
