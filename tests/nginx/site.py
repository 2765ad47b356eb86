"""A site of real nginx in a folder of a test's own, asked before and after a rule of ours mended it."""

from __future__ import annotations

import subprocess
from pathlib import Path

from fairlead.lint.discovery import Catalogue
from fairlead.lint.examples import mended
from fairlead.lint.nginx import parse
from fairlead.lint.policy import Policy
from fairlead.lint.rule import Rule
from fairlead.tests.nginx.served import Reply, asked, free_ports, main_file, nginx_binary, nginx_version, running

SERVER = "server {{ listen 127.0.0.1:PORT; root FOLDER/www; {} }}"


def rule_called(name: str) -> Rule:
    """One of ours."""
    rule = Catalogue().find(f"nginx/{name}")
    assert rule is not None
    return rule


def reports(name: str, text: str) -> bool:
    """Whether the rule finds its fault in *text*, for the nginx that is tried."""
    config = parse(text, version=nginx_version(nginx_binary()))
    return next(rule_called(name).findings(config, Policy()), None) is not None


class Site:
    """nginx in a folder of the test's own; ``PORT``, ``BACK`` and ``FOLDER`` in a text are filled in."""

    def __init__(self, folder: Path) -> None:
        folder.chmod(0o755)
        self.folder = folder
        self.port, self.back = free_ports(2)

    def write(self, path: str, text: str) -> None:
        """Puts a file below the folder."""
        (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / path).write_text(text)

    def main(self, http: str) -> Path:
        """The main file with *http* in its block."""
        for name, value in {"PORT": self.port, "BACK": self.back, "FOLDER": self.folder}.items():
            http = http.replace(name, str(value))
        return main_file(self.folder, f"{http}\n")

    def ask(self, http: str, *uris: str) -> list[Reply]:
        """What is answered."""
        with running(self.main(http), self.port):
            return [asked(self.port, uri) for uri in uris]

    def refusal(self, http: str) -> str:
        """What ``nginx -t`` says; nothing where it is content."""
        command = [nginx_binary(), "-p", str(self.folder), "-c", str(self.main(http)), "-t", "-q"]
        said = subprocess.run(command, capture_output=True, text=True, check=False)
        return said.stderr if said.returncode else ""


def fixed(name: str, http: str) -> str:
    """*http* after the rule mended it, unsafe edits included."""
    main = f"events {{}}\nhttp {{\n{http}\n}}\n"
    text = mended(rule_called(name), {"nginx.conf": main})["nginx.conf"]
    assert text != main
    return text.removeprefix("events {}\nhttp {\n").rstrip().removesuffix("}")
