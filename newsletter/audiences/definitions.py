"""Conditions as they are stored: read with distrust, written in one form, said in words."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from newsletter import characters
from newsletter.audiences.kinds import KINDS

MOST_CONDITIONS = 20
"""Of each of the two lists."""
LONGEST_VALUE = 200
LONGEST_KEY = 100


class InvalidDefinition(ValueError):
    """These are no conditions; the message is the sentence to show."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One line: a kind, and what it takes. Raises InvalidDefinition when it is made wrongly."""

    what: str = ""
    value: str = ""
    key: str = ""

    def __post_init__(self) -> None:
        kind = KINDS.get(self.what)
        if kind is None:
            raise InvalidDefinition(
                f"“{self.what}” is no condition." if self.what else "Choose what it asks."
            )
        for part, text, is_taken, longest in (
            ("a value", self.value, kind.takes_value, LONGEST_VALUE),
            ("the name of an attribute", self.key, kind.takes_key, LONGEST_KEY),
        ):
            _check(f"“{kind.words}”", part, text, is_taken, longest)
        if fault := kind.fault(self.value):
            raise InvalidDefinition(fault)

    def __str__(self) -> str:
        words = KINDS[self.what].words
        if "…" in words:
            return words.replace("…", self.value)
        if not self.key:
            return f"{words} {self.value}"
        return " ".join(filter(None, [words.replace("attribute", f"“{self.key}”"), self.value]))

    def as_json(self) -> dict[str, str]:
        parts = {"what": self.what, "key": self.key, "value": self.value}
        return {name: text for name, text in parts.items() if text}

    def fixed(self, at: datetime) -> "Condition":
        fixed = KINDS[self.what].fixed
        if fixed is None:
            return self
        what, value = fixed(self.value, at)
        return Condition(what, value)


@dataclass(frozen=True, slots=True)
class Definition:
    """Who meets all (or any) of the conditions, but not who meets one of the exclusions."""

    conditions: tuple[Condition, ...] = ()
    exclusions: tuple[Condition, ...] = ()
    match_any: bool = False
    name: str = ""
    """Of the segment that it was copied from."""

    def __str__(self) -> str:
        joined = " or " if self.match_any else " and "
        told = joined.join(map(str, self.conditions)) or "all readers"
        if self.exclusions:
            told = f"{told}, but not who {' or '.join(map(str, self.exclusions))}"
        return f"{self.name}: {told}" if self.name else told

    def as_json(self) -> dict[str, Any]:
        parts: dict[str, Any] = {
            "match": "any" if self.match_any else "all",
            "conditions": [condition.as_json() for condition in self.conditions],
            "except": [condition.as_json() for condition in self.exclusions],
        }
        return {**parts, "name": self.name} if self.name else parts

    def fixed(self, at: datetime) -> "Definition":
        """Return what means the same for ever: “the last 30 days” become a day."""
        return replace(
            self,
            conditions=tuple(condition.fixed(at) for condition in self.conditions),
            exclusions=tuple(condition.fixed(at) for condition in self.exclusions),
        )


EVERYONE = Definition()


def parse(stored: object) -> Definition:
    """Read the stored form; raise InvalidDefinition. Nothing stored is everyone."""
    if not stored:
        return EVERYONE
    if not isinstance(stored, Mapping) or stored.keys() - {"match", "conditions", "except", "name"}:
        raise InvalidDefinition("A segment is an object of match, conditions and except.")
    if stored.get("match", "all") not in ("all", "any"):
        raise InvalidDefinition("A segment matches “all” or “any” of its conditions.")
    name = stored.get("name", "")
    if not isinstance(name, str):
        raise InvalidDefinition("A segment's name is a text.")
    return Definition(
        conditions=_conditions(stored.get("conditions", [])),
        exclusions=_conditions(stored.get("except", [])),
        match_any=stored.get("match") == "any",
        name=name,
    )


def _conditions(stored: object) -> tuple[Condition, ...]:
    if not isinstance(stored, list):
        raise InvalidDefinition("Conditions are a list.")
    if len(stored) > MOST_CONDITIONS:
        raise InvalidDefinition(f"A segment has at most {MOST_CONDITIONS} conditions.")
    return tuple(map(_condition, stored))


def _condition(stored: object) -> Condition:
    if not isinstance(stored, Mapping) or stored.keys() - {"what", "key", "value"}:
        raise InvalidDefinition("A condition is an object of what, key and value.")
    if not all(isinstance(text, str) for text in stored.values()):
        raise InvalidDefinition("The parts of a condition are texts.")
    return Condition(**stored)


def _check(words: str, part: str, text: str, is_taken: bool, longest: int) -> None:
    if is_taken and not text:
        raise InvalidDefinition(f"{words} needs {part}.")
    if text and not is_taken:
        raise InvalidDefinition(f"{words} takes no {part.partition(' ')[2]}.")
    if len(text) > longest:
        raise InvalidDefinition(f"{words}: {part} has at most {longest} characters.")
    if not characters.is_safe(text):
        raise InvalidDefinition(f"{words}: {part} has no control or invisible characters.")
