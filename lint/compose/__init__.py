"""
Compose files as Docker Compose reads them: merged, filled in, and each value with its file and place.

`load` is the engine's way in, `load_project` and `parse` everybody else's. A `Project` has `services`, each a
`Service` with typed parts (`Port`, `Mount`, `Image`, ...) and generic access: ``service.get("deploy.resources")`` is a
`Value` with data, text and places. What depends on a variable nobody gave is `Unknown`.
"""

from .groups import load
from .nodes import Unknown
from .parts import (
    Attachment,
    Build,
    Command,
    Dependency,
    EnvFileReference,
    FileMount,
    Healthcheck,
    Image,
    Limit,
    Logging,
    Mount,
    Port,
    PortRange,
    Variable,
)
from .places import Use
from .project import Project, load_project, parse
from .quantities import ByteSize, Duration, ImageName, byte_size, duration, image_name
from .service import Service
from .value import Value

__all__ = [
    "Attachment",
    "Build",
    "ByteSize",
    "Command",
    "Dependency",
    "Duration",
    "EnvFileReference",
    "FileMount",
    "Healthcheck",
    "Image",
    "ImageName",
    "Limit",
    "Logging",
    "Mount",
    "Port",
    "PortRange",
    "Project",
    "Service",
    "Unknown",
    "Use",
    "Value",
    "Variable",
    "byte_size",
    "duration",
    "image_name",
    "load",
    "load_project",
    "parse",
]
