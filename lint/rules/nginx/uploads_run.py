"""Programs that are run without anybody looking whether they are there."""

from __future__ import annotations

from collections.abc import Iterator

from ...finding import Severity
from ...nginx import Directive, NginxConfig, location
from ...nginx.patterns import UnknownPatternError, matched
from ...rule import Report, rule


@rule(
    "nginx/php-runs-any-file",
    Severity.WARNING,
    bad="""
        location ~ \\.php$ {
            fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;
            fastcgi_pass unix:/run/php/fpm.sock;  # <-
        }
    """,
    good=(
        """
        location ~ \\.php$ {
            try_files $uri =404;
            fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;
            fastcgi_pass unix:/run/php/fpm.sock;
        }
        """,
        """
        location ~ ^/index\\.php(/|$) {
            fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;
            fastcgi_pass unix:/run/php/fpm.sock;
        }
        """,
        "location ~ \\.php$ { include snippets/fastcgi-php.conf; fastcgi_pass unix:/run/php/fpm.sock; }",
        "location ~ \\.php$ { fastcgi_param SCRIPT_FILENAME /srv/index.php; fastcgi_pass unix:/run/php/fpm.sock; }",
    ),
    source="https://www.nginx.com/resources/wiki/start/topics/tutorials/config_pitfalls/",
)
def php_runs_any_file(config: NginxConfig) -> Iterator[Report]:
    """
    PHP is asked to run files that nobody looked for first.

    `/uploads/photo.jpg/x.php` fits `\\.php$`; PHP finds no such file and, with `cgi.fix_pathinfo` as it comes, runs
    the photo, unless `security.limit_extensions` of PHP-FPM forbids it. `try_files $uri =404;` asks the disk first.
    """
    for directive in config.find("fastcgi_pass"):
        block = directive.parent
        if block is None or block.name != "location" or not _fits_upload(block):
            continue
        at = config.effective(block)
        scripts = [each for each in at.settings("fastcgi_param") if each.value == "SCRIPT_FILENAME"]
        is_made = all("$fastcgi_script_name" in each.args[-1] or "$uri" in each.args[-1] for each in scripts)
        if at.tries or any(map(_looks_for_it, block.find("if"))) or not is_made:
            continue
        if config.may_hold(block, "try_files") or at.setting("internal"):
            continue
        yield directive.place, 'PHP may run any file, such as an upload; add "try_files $uri =404;" to the location'


def _looks_for_it(condition: Directive) -> bool:
    asked = condition.args[1] if len(condition.args) > 1 else ""
    named = ("$request_filename", "$fastcgi_script_name", "$uri")
    return condition.value in ("-f", "!-f", "!-e", "-e") and any(name in asked for name in named)


def _fits_upload(block: Directive) -> bool:
    head = location(block)
    try:
        return head.is_regex and matched(head.pattern, "/uploads/photo.jpg/x.php", head.modifier == "~*") is not None
    except UnknownPatternError:
        return False
