"""What a rule says of an issue."""

from dataclasses import dataclass
from enum import Enum


class Level(Enum):
    BLOCKER = "blocker"
    """It is not sent like this."""
    WARNING = "warning"
    """It is sent if the publisher accepts it."""
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Finding:
    rule: str
    """The rule's name, by which a warning is accepted."""
    level: Level
    says: str
    examples: tuple[str, ...] = ()
    """Where, in the issue's own words."""
    page: str = ""
    """The name of the admin's page where it is repaired."""

    @property
    def sentence(self) -> str:
        where = f": {', '.join(self.examples)}" if self.examples else ""
        return f"{self.says.rstrip('.')}{where}."

    def __str__(self) -> str:
        return f"{self.level.value:<7}  {self.sentence.removesuffix('.')}"
