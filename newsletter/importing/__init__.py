"""Readers come from a file: kept, laid out, read, checked, imported, and taken back if need be.

`control` has what staff do, `steps` what workers and commands do after that. The file's bytes come
through `encodings`, `layouts` and `records`; `columns`, `fields` and `rows` give them meaning;
`staging` writes them beside the readers, and `merging` decides by sets what becomes of each.
"""

from newsletter.importing.choices import Choices
from newsletter.importing.control import (
    begin,
    cancel,
    carry_out,
    check_source,
    choose,
    fail,
    guessed,
    keep_file,
    resume,
    same_file,
    take,
    undo,
)
from newsletter.importing.errors import FileTooLarge, ImportingError, NotNow, UnreadableFile
from newsletter.importing.files import Keeper, too_large
from newsletter.importing.layouts import Layout
from newsletter.importing.steps import step, tidy

__all__ = [
    "Choices",
    "FileTooLarge",
    "ImportingError",
    "Keeper",
    "Layout",
    "NotNow",
    "UnreadableFile",
    "begin",
    "cancel",
    "carry_out",
    "check_source",
    "choose",
    "fail",
    "guessed",
    "keep_file",
    "resume",
    "same_file",
    "step",
    "take",
    "tidy",
    "too_large",
    "undo",
]
