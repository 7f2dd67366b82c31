"""What an operator chose for an import: what each column is, and what happens with whom."""

from dataclasses import asdict, dataclass, field
from typing import Any

from newsletter.importing.columns import ATTRIBUTE, EMAIL, FIELDS, LEFT_OUT, TELLING
from newsletter.importing.errors import ImportingError

MAX_TAG = 50
MAX_TAGS = 50


@dataclass(frozen=True, slots=True)
class Choices:
    """Kept as JSON beside the import; see `Import.choices`."""

    mapping: list[str]
    tags: list[str] = field(default_factory=list)
    update: bool = False
    """Whether readers who are here already get the file's name, tags and attributes."""
    takes_status: bool | None = None
    """Whether the file says who is a reader and who has left; None: nobody has decided."""
    is_own_export: bool = False

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def telling_columns(self) -> list[int]:
        return [number for number, target in enumerate(self.mapping) if target in TELLING]


def check(choices: Choices, columns: list[str]) -> None:
    """Raise ImportingError for choices that make no sense."""
    mapping = choices.mapping
    if len(mapping) != len(columns):
        raise ImportingError("The file has other columns than the page: look at it once more.")
    if mapping.count(EMAIL) != 1:
        raise ImportingError("Choose the one column that has the e-mail addresses.")
    for target in mapping:
        plain = target.partition(":")[0]
        if plain not in {*FIELDS, ATTRIBUTE, LEFT_OUT}:
            raise ImportingError(f"There is no field {target!r}.")
        if target in FIELDS and mapping.count(target) > 1:
            raise ImportingError(f"Two columns cannot both be: {FIELDS[target]}.")
    telling = [columns[number] for number in choices.telling_columns]
    if telling and choices.takes_status is None:
        raise ImportingError(
            f"The file seems to say who has left, in {', '.join(telling)}: decide whether that "
            "is taken, or everybody in it becomes a reader."
        )
    for tag in choices.tags:
        if not is_tag(tag):
            raise ImportingError(f"A tag has 1 to {MAX_TAG} characters that can be seen.")


def is_tag(tag: str) -> bool:
    return 0 < len(tag) <= MAX_TAG and tag == tag.strip() and tag.isprintable()
