"""What staff changes of readers, one or very many: set by set in SQL, each change on record."""

from dataclasses import dataclass
from uuid import UUID

import structlog
from django.db import connection, transaction

from newsletter import characters, metrics
from newsletter.models import BulkChange, Change, Note
from newsletter.models.subscriptions import SubscriptionQuerySet

LONGEST_TAG = 50
MOST_TAGS = 100
"""Of one reader."""
LONGEST_NOTE = 2_000

Act = BulkChange.Act
logger = structlog.get_logger(__name__)


class InvalidChange(ValueError):
    """This cannot be done to readers; the message is the sentence to show."""


@dataclass(frozen=True, slots=True)
class Changed:
    seen: int
    changed: int
    last: UUID | None
    """The last reader that was looked at."""


def parse_tag(text: str) -> str:
    """Return a tag as it is stored; raise InvalidChange."""
    tag = " ".join(text.split())
    if not tag:
        raise InvalidChange("A tag is needed.")
    if len(tag) > LONGEST_TAG:
        raise InvalidChange(f"A tag has at most {LONGEST_TAG} characters.")
    if not characters.is_safe(tag) or "," in tag:
        raise InvalidChange("A tag has no commas and no control or invisible characters.")
    return tag


def change(
    readers: SubscriptionQuerySet, *, act: Act, by: str, tag: str = "", most: int | None = None
) -> Changed:
    """Do one thing to each of some readers, and write down to whom and by whom, in one statement.

    Of more than ``most`` those with the lowest ids. Who has the tag already, or has left, is seen
    and not changed. The rows are locked in the order of their ids, so that two changes at once wait
    for each other and do not deadlock.
    """
    locked = readers.order_by("pk").select_for_update(no_key=True, of=["self"]).values("pk")
    deed, named = _DEEDS[act], {"tag": tag, "most": MOST_TAGS}
    with transaction.atomic(), connection.cursor() as cursor:
        # Inside: of a query that locks there is no SQL outside of a transaction.
        chosen, params = locked[:most].query.sql_with_params()
        values = (*params, *(named[name] for name in deed.takes), deed.recorded, tag, by)
        cursor.execute(_CHANGE.format(chosen=chosen, update=deed.update, more=deed.more), values)
        changed = Changed(*cursor.fetchone())
    if act == Act.UNSUBSCRIBE:
        metrics.UNSUBSCRIPTIONS.inc(changed.changed)
    logger.info("changing.changed", act=act.value, seen=changed.seen, changed=changed.changed)
    return changed


def write_note(*, subscription_id: UUID, text: str, by: str) -> Note:
    """Keep what staff has to say of a reader; raise InvalidChange."""
    words = text.strip()
    if not words:
        raise InvalidChange("A note needs words.")
    if len(words) > LONGEST_NOTE:
        raise InvalidChange(f"A note has at most {LONGEST_NOTE:,} characters.")
    if "\0" in words:
        raise InvalidChange("The note has a control character; remove it.")
    return Note.objects.create(subscription_id=subscription_id, text=words, by=by)


# The readers are Django's SQL, whose values are parameters; the rest is of the tables below.
_CHANGE = """
WITH chosen (id) AS MATERIALIZED ({chosen}), changed AS (
    UPDATE newsletter_subscription AS reader SET {update} RETURNING reader.id
), recorded AS (
    INSERT INTO newsletter_change (subscription_id, act, detail, by)
    SELECT id, %s, %s, %s FROM changed
){more}
SELECT (SELECT count(*) FROM chosen), (SELECT count(*) FROM changed),
    (SELECT id FROM chosen ORDER BY id DESC LIMIT 1)
"""


@dataclass(frozen=True, slots=True)
class _Deed:
    update: str
    recorded: Change.Act
    takes: tuple[str, ...] = ()
    """Its parameters, by name."""
    more: str = ""


_DEEDS = {
    Act.TAG: _Deed(
        """tags = array_append(tags, %s::varchar) FROM chosen
        WHERE reader.id = chosen.id AND NOT tags @> ARRAY[%s]::varchar[]
          AND cardinality(tags) < %s""",
        Change.Act.TAGGED,
        ("tag", "tag", "most"),
    ),
    Act.UNTAG: _Deed(
        """tags = array_remove(tags, %s::varchar) FROM chosen
        WHERE reader.id = chosen.id AND tags @> ARRAY[%s]::varchar[]""",
        Change.Act.UNTAGGED,
        ("tag", "tag"),
    ),
    Act.UNSUBSCRIBE: _Deed(
        """status = 'unsubscribed', unsubscribed_at = now() FROM chosen
        WHERE reader.id = chosen.id AND status IN ('pending_confirmation', 'confirmed')""",
        Change.Act.UNSUBSCRIBED,
        more=""", withdrawn AS (
    INSERT INTO newsletter_consent (subscription_id, act) SELECT id, 'withdrew' FROM changed
)""",
    ),
}
