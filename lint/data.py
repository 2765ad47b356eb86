"""YAML as plain data, for the files whose values matter and whose places do not."""

from __future__ import annotations

from typing import Any


class DataError(ValueError):
    """The text is not YAML; the message has the form ``path:line:column: what``."""


def load_yaml(text: str, path: str) -> Any:
    """
    The data in *text*, read by ruamel.yaml's C parser.

    Raises:
        DataError: where *text* is not YAML or holds a key twice.
    """
    from ruamel.yaml import YAML  # noqa: PLC0415 - 31 ms that most runs do not need
    from ruamel.yaml.error import MarkedYAMLError, YAMLError  # noqa: PLC0415

    try:
        return YAML(typ="safe").load(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark
        place = f"{path}:{mark.line + 1}:{mark.column + 1}" if mark else path
        raise DataError(f"{place}: {error.problem or error.context}") from error
    except YAMLError as error:
        raise DataError(f"{path}: {error}") from error


def dump_yaml(data: Any) -> str:
    """*data* as YAML for a person to read, keys in their order."""
    from io import StringIO  # noqa: PLC0415

    from ruamel.yaml import YAML  # noqa: PLC0415

    writer = YAML(typ="safe")
    writer.default_flow_style = False
    writer.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    text = StringIO()
    writer.dump(data, text)
    return text.getvalue()
