"""
Dockerfiles as BuildKit reads them: instructions, stages, variables and the commands inside, all with places.

`parse` gives a `Dockerfile`. Its stages know their base, user, environment, ports, command, packages and copies;
`Stage.script` cuts a RUN into simple commands and says where it does not understand.
"""

from .command import Command, Script, ShellWord
from .image import ImageName, image_name
from .instruction import Instruction
from .loading import load
from .model import Dockerfile
from .parser import parse
from .passage import Passage, Word
from .stage import Copy, Stage

__all__ = [
    "Command",
    "Copy",
    "Dockerfile",
    "ImageName",
    "Instruction",
    "Passage",
    "Script",
    "ShellWord",
    "Stage",
    "Word",
    "image_name",
    "load",
    "parse",
]
