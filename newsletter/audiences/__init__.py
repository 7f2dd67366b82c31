"""Who gets an issue: conditions instead of lists, kept as small JSON and compiled to SQL."""

from newsletter.audiences.counting import Count, Reach, count, reach
from newsletter.audiences.definitions import (
    EVERYONE,
    Condition,
    Definition,
    InvalidDefinition,
    parse,
)
from newsletter.audiences.finding import (
    IS_PAUSED,
    audience,
    conditions_of,
    matching,
    of_segment,
    readers_of,
)

__all__ = [
    "EVERYONE",
    "IS_PAUSED",
    "Condition",
    "Count",
    "Definition",
    "InvalidDefinition",
    "Reach",
    "audience",
    "conditions_of",
    "count",
    "matching",
    "of_segment",
    "parse",
    "reach",
    "readers_of",
]
