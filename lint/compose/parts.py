"""What a service consists of, typed: ports, mounts, variables, checks, limits."""

from __future__ import annotations

from ..place import Place
from ..record import dataclass
from .nodes import Unknown
from .quantities import ByteSize, Duration, ImageName
from .value import Value

Text = str | Unknown
Number = int | float


@dataclass(frozen=True, eq=False)
class Image:
    """
    The image of a service.

    Attributes:
        name: Its parts; *text* is the whole as written, *value* gives places.
        full: The whole with variables filled in.
    """

    name: ImageName
    full: Text
    text: str
    place: Place
    value: Value


@dataclass(frozen=True, eq=False)
class Build:
    """
    How an image is built.

    Attributes:
        context: As written; *folder* is it from the current folder; None for a URL, a service or an unknown one.
        dockerfile: As written; None where the default holds or the Dockerfile is *inline*.
    """

    context: Text
    folder: str | None
    dockerfile: Text | None
    inline: str | None
    target: Text | None
    args: dict[str, Variable]
    place: Place
    value: Value


@dataclass(frozen=True, eq=False)
class Variable:
    """
    A variable a service or build gets.

    Attributes:
        value: Its value as text; None where it is handed through from the environment and not given there.
        text: The value as written, variables and all; what messages may quote.
        origin: ``environment``, ``env_file``, ``args`` or ``labels``.
        path: The file it stands in.
        place: The name; *value_place* is the value, or the name where there is no value.
        handed_through: Whether only the name is written, so that the value is the environment's.
        entry: The value with its uses of variables; None for one from an env file.
    """

    name: str
    value: Text | None
    text: str
    origin: str
    path: str
    place: Place
    value_place: Place
    handed_through: bool
    entry: Value | None


@dataclass(frozen=True, eq=False)
class EnvFileReference:
    """An env file a service reads; *path* is as written, *file* from the current folder, None where unknown."""

    path: Text
    file: str | None
    required: bool
    place: Place


@dataclass(frozen=True, eq=False)
class PortRange:
    """Ports from *first* to *last*, both included."""

    first: int
    last: int

    def __contains__(self, port: object) -> bool:
        return isinstance(port, int) and self.first <= port <= self.last

    def __len__(self) -> int:
        return self.last - self.first + 1

    def overlaps(self, other: PortRange) -> bool:
        """Whether a port is in both."""
        return self.first <= other.last and other.first <= self.last

    def __str__(self) -> str:
        return str(self.first) if self.first == self.last else f"{self.first}-{self.last}"


@dataclass(frozen=True, eq=False)
class Port:
    """
    One entry of ``ports``.

    Attributes:
        host_ip: None for all interfaces.
        published: None where the engine picks a port.
        protocol: ``tcp``, ``udp`` or ``sctp``.
        mode: ``ingress`` or ``host``.
        text: As written, for the short form.
        is_short: Whether it is written as one text or number.
    """

    host_ip: Text | None
    published: PortRange | Unknown | None
    target: PortRange | Unknown
    protocol: Text
    mode: Text
    text: str
    is_short: bool
    place: Place
    value: Value


@dataclass(frozen=True, eq=False)
class Mount:
    """
    One entry of ``volumes``.

    Attributes:
        type: ``bind``, ``volume``, ``tmpfs``, ``npipe``, ``cluster`` or ``image``.
        source: A path as written, or a volume's name; None for an anonymous volume or tmpfs.
        path: For a bind, the source from the current folder (``~`` kept); else None.
        options: What the short form has after the second colon.
        propagation, selinux: Of a bind, or None.
    """

    type: Text
    source: Text | None
    path: str | None
    target: Text
    read_only: bool | Unknown
    options: tuple[str, ...]
    propagation: Text | None
    selinux: Text | None
    text: str
    is_short: bool
    place: Place
    value: Value


@dataclass(frozen=True, eq=False)
class Command:
    """
    A command, entrypoint or check.

    Attributes:
        is_list: Written as a list; a text is split by Compose as a shell would, but no shell runs it.
        words: Its words; those with an unknown variable are `Unknown`. For a text that cannot be split: the text.
        is_empty: ``[]`` or "", which takes away the image's own.
        dropped: Of a text, what follows the first ``&&``, ``|``, ``;``, ``>`` or the like outside of quotes:
            Compose drops it without a word.
    """

    is_list: bool
    words: tuple[Text, ...]
    is_empty: bool
    dropped: str
    text: str
    place: Place
    value: Value


@dataclass(frozen=True, eq=False)
class Healthcheck:
    """
    The check of a service's health.

    Attributes:
        kind: ``CMD``, ``CMD-SHELL``, ``NONE``, or None where only the image's own check is tuned.
        words: What is run, without the kind; a shell's whole line is one word.
        interval, timeout, start_period, start_interval: None where not written or not a duration.
    """

    kind: str | None
    words: tuple[Text, ...]
    disabled: bool
    interval: Duration | None
    timeout: Duration | None
    start_period: Duration | None
    start_interval: Duration | None
    retries: Number | Unknown | None
    place: Place
    value: Value


@dataclass(frozen=True, eq=False)
class Dependency:
    """A service that must come first. *is_short*: named in a list, so only started, not healthy."""

    service: str
    condition: Text
    required: bool
    restart: bool
    is_short: bool
    place: Place


@dataclass(frozen=True, eq=False)
class Attachment:
    """A network a service is on."""

    network: str
    aliases: tuple[Text, ...]
    ipv4_address: Text | None
    place: Place


@dataclass(frozen=True, eq=False)
class FileMount:
    """A secret or config a service gets; *target* is a path in the container."""

    source: Text
    target: Text
    mode: int | None
    uid: Text | None
    gid: Text | None
    is_short: bool
    place: Place
    value: Value


@dataclass(frozen=True, eq=False)
class Limit:
    """A limit or reservation with the place of its value."""

    amount: ByteSize | Number | Unknown
    key: str
    place: Place


@dataclass(frozen=True, eq=False)
class Logging:
    """How a service logs; *driver* is None for the engine's default."""

    driver: Text | None
    options: dict[str, Value]
    place: Place
