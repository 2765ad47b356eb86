"""fairlead.yaml as frozen values; paths in them are absolute."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..lint.data import DataError, load_yaml
from .backups import BackupSettings, backups
from .carriage import CacheSettings, RegistrySettings
from .doctor_settings import DoctorSettings, doctor_settings
from .domains import AcmeSettings, CertificateSettings, acme, certificates
from .errors import SettingsError
from .inventory import Inventory, inventory
from .migrations import MigrationSettings, migration_settings
from .outward import Outward, outward
from .rotation import Rotation

FILE_NAME = "fairlead.yaml"


@dataclass(frozen=True)
class EnvSettings:
    """The env file, the example it is made from, and the variables that get a random value."""

    file: Path
    example: Path | None = None
    generate: tuple[str, ...] = ()


@dataclass(frozen=True)
class SecretSettings:
    """
    The folder of the files behind the compose secrets, and the templates of some of them by secret name.

    Attributes:
        rotate: The secrets that can be changed while everything runs, by the name of their variable.
    """

    folder: Path
    templates: Mapping[str, Path] = field(default_factory=dict)
    rotate: Mapping[str, Rotation] = field(default_factory=dict)


@dataclass(frozen=True)
class EdgeSettings:
    """
    The service that runs nginx and the generations of its configuration.

    Attributes:
        site: The folder among *files* whose names.conf and ports.conf each generation gets from the settings.
    """

    service: str
    folder: Path
    mount: str
    files: tuple[Path, ...]
    site: Path | None = None


@dataclass(frozen=True)
class TlsSettings:
    """
    The certificate that the edge serves, see `certificates.generations`.

    Attributes:
        folder: Generations of key and chain, and the link ``live``.
        mount: Where that folder stands in the container.
        webroot: Where answers to ACME's HTTP challenges are written; the site serves what is in it.
        http_port: On which port the world reaches the listener for 80; variables are not filled in yet.
        https_port: The same for 443.
    """

    folder: Path
    mount: str
    webroot: Path
    http_port: str = "80"
    https_port: str = "443"


@dataclass(frozen=True)
class AssetSettings:
    """
    The hashed files that pages ask for, which each release copies into a volume that all releases share.

    Attributes:
        service: The service of the app tier that copies them when it starts.
        folder: Where they are in its image.
        volume: The volume, in which there is nothing else.
    """

    service: str
    folder: str
    volume: str


@dataclass(frozen=True)
class DeploySettings:
    """
    How a release is proven and switched on a host.

    Attributes:
        smoke: Addresses that nginx's container asks of itself after the switch; each has to answer 200.
        watch_s: How long nginx's answers are watched after the switch before the old release stops.
        drain_s: nginx's own worker_shutdown_timeout.
        migrations: What a release changes about the tables; None where that is not told.
        assets: The hashed assets; None where that is not told.
        pull: Whether a host pulls images of a registry itself, where it can reach one.
        registries: How it logs in there, by registry.
        cache: What is kept of compressed layers on this machine.
    """

    smoke: tuple[str, ...] = ()
    watch_s: float = 5.0
    drain_s: float = 60.0
    migrations: MigrationSettings | None = None
    assets: AssetSettings | None = None
    pull: bool = True
    registries: Mapping[str, RegistrySettings] = field(default_factory=dict)
    cache: CacheSettings = field(default_factory=CacheSettings)


@dataclass(frozen=True)
class VerifySettings:
    """
    What `inv verify.nightly` leaves behind.

    Attributes:
        textfile: A file for the Prometheus node exporter, in its textfile collector's folder; None: none is written.
    """

    textfile: Path | None = None


@dataclass(frozen=True)
class Settings:
    """
    One stack. *root* is the folder of its fairlead.yaml.

    Attributes:
        domains: The certificates that are wanted; the names of all are the names of the site.
        tls: Where the certificate is kept; None where the edge of this stack has none.
    """

    root: Path
    name: str
    compose_files: tuple[Path, ...]
    development_files: tuple[Path, ...]
    env: EnvSettings
    secrets: SecretSettings | None
    edge: EdgeSettings | None
    addresses: Mapping[str, str]
    doctor: DoctorSettings = field(default_factory=DoctorSettings)
    inventory: Inventory = field(default_factory=lambda: Inventory({}))
    deploy: DeploySettings = field(default_factory=DeploySettings)
    domains: tuple[CertificateSettings, ...] = ()
    acme: AcmeSettings = field(default_factory=AcmeSettings)
    tls: TlsSettings | None = None
    backups: tuple[BackupSettings, ...] = ()
    outward: Outward = field(default_factory=Outward)
    verify: VerifySettings = field(default_factory=VerifySettings)

    @property
    def state(self) -> Path:
        """The git-ignored folder for what Fairlead writes on this machine."""
        return self.root / ".fairlead"


def find_settings(start: Path) -> Path:
    """
    The fairlead.yaml of *start* or of the nearest folder above it.

    Raises:
        SettingsError: where there is none.
    """
    for folder in (start, *start.parents):
        if (folder / FILE_NAME).is_file():
            return folder / FILE_NAME
    raise SettingsError(f"{start}: no {FILE_NAME} here or in a folder above; run this in a project that has one")


def load_settings(path: Path) -> Settings:
    """
    The settings in *path*, checked against schemas/fairlead.schema.json.

    Raises:
        SettingsError: one line that names the file and the wrong key.
    """
    try:
        data = load_yaml(path.read_text(encoding="utf-8"), str(path))
    except (DataError, UnicodeDecodeError) as error:
        raise SettingsError(str(error)) from error
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror}") from error
    _check(data, path)
    return _settings(data, path.resolve().parent)


def _check(data: Any, path: Path) -> None:
    from ..schemas import first_error  # noqa: PLC0415 - jsonschema takes 100 ms

    problem = first_error("fairlead", data)
    if problem:
        raise SettingsError(f"{path}: {problem}; schemas/fairlead.schema.json has all keys")


def _settings(data: Mapping[str, Any], root: Path) -> Settings:
    compose = data["compose"]
    files = _paths(root, compose["files"])
    return Settings(
        root=root,
        name=data["name"],
        compose_files=files,
        development_files=_paths(root, compose.get("development", ())) or files,
        env=_env(data.get("env", {}), root, files[0].parent),
        secrets=_secrets(data["secrets"], root) if "secrets" in data else None,
        edge=_edge(data["edge"], root) if "edge" in data else None,
        addresses=data.get("addresses", {}),
        doctor=doctor_settings(data.get("doctor", {})),
        inventory=inventory(data, data["name"]),
        deploy=_deploy(data.get("deploy", {}), root),
        domains=certificates(data.get("domains", ()), root),
        acme=acme(data.get("certbot", {}), root),
        tls=_tls(data["tls"], root) if "tls" in data else None,
        backups=backups(data.get("backups", ()), root),
        outward=outward(data),
        verify=_verify(data.get("verify", {}), root),
    )


def _env(data: Mapping[str, Any], root: Path, project: Path) -> EnvSettings:
    return EnvSettings(
        file=root / data["file"] if "file" in data else project / ".env",
        example=root / data["example"] if "example" in data else None,
        generate=tuple(data.get("generate", ())),
    )


def _secrets(data: Mapping[str, Any], root: Path) -> SecretSettings:
    templates = {name: root / path for name, path in data.get("templates", {}).items()}
    rotate = {name: Rotation(name, **how) for name, how in data.get("rotate", {}).items()}
    return SecretSettings(root / data["folder"], templates, rotate)


def _edge(data: Mapping[str, Any], root: Path) -> EdgeSettings:
    site = root / data["site"] if "site" in data else None
    return EdgeSettings(data["service"], root / data["folder"], data["mount"], _paths(root, data["files"]), site)


def _tls(data: Mapping[str, Any], root: Path) -> TlsSettings:
    ports = {name: str(data[name]) for name in ("http_port", "https_port") if name in data}
    return TlsSettings(root / data["folder"], data["mount"], root / data["webroot"], **ports)


def _verify(data: Mapping[str, Any], root: Path) -> VerifySettings:
    return VerifySettings(root / data["textfile"] if "textfile" in data else None)


def _deploy(data: Mapping[str, Any], root: Path) -> DeploySettings:
    return DeploySettings(
        smoke=tuple(data.get("smoke", ())),
        watch_s=float(data.get("watch_s", DeploySettings.watch_s)),
        drain_s=float(data.get("drain_s", DeploySettings.drain_s)),
        migrations=migration_settings(data["migrations"], root) if "migrations" in data else None,
        assets=AssetSettings(**data["assets"]) if "assets" in data else None,
        pull=data.get("pull", True),
        registries={name: RegistrySettings(**login) for name, login in data.get("registries", {}).items()},
        cache=CacheSettings(**data.get("cache", {})),
    )


def _paths(root: Path, names: list[str]) -> tuple[Path, ...]:
    return tuple(root / name for name in names)
