"""What an examination says of one part."""

from dataclasses import dataclass
from enum import Enum


class Grade(Enum):
    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    part: str
    grade: Grade
    says: str
    remedy: str = ""
    """What to do, where it is not ok."""

    def __str__(self) -> str:
        line = f"{self.grade.value:<4}  {self.part}: {self.says}"
        return f"{line}\n      {self.remedy}" if self.remedy else line


def ok(part: str, says: str) -> Finding:
    return Finding(part, Grade.OK, says)


def warn(part: str, says: str, remedy: str) -> Finding:
    return Finding(part, Grade.WARN, says, remedy)


def fail(part: str, says: str, remedy: str) -> Finding:
    return Finding(part, Grade.FAIL, says, remedy)
