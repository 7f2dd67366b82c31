"""The one statement of a sign-up: it guards, decides, stores and promises in one round trip.

Each part reads the one before, so that rows are locked in one order and nothing is stored for whom
a guard refuses. Whatever is known of an address, the same parts run and something is written: who
measures the time learns nothing.
"""

# ruff: noqa: S608  # the statement is made of this package's own words only

import re

from newsletter.guarding.budgets import (
    CLIENT_AN_HOUR,
    MAILS_A_DAY,
    NETWORK_AN_HOUR,
    PAUSE_BETWEEN_MAILS,
    spend_sql,
)

_PAUSE = f"interval '{PAUSE_BETWEEN_MAILS.total_seconds()} seconds'"
_LAST = "old.spent[cardinality(old.spent)]"
_DAY_IS_SPENT = """
    cardinality({table}.spent) >= {most}
    AND {table}.spent[cardinality({table}.spent) + 1 - {most}] > now() - interval '1 day'
"""


def _day_is_spent(table: str) -> str:
    return _DAY_IS_SPENT.format(table=table, most=MAILS_A_DAY)


# The rate is that of new readers. Who is imported is confirmed at once and does not count; twice as
# many are looked at, so that an import hides no attack.
_GATE = """
SELECT NOT %(guarded)s::bool OR %(proof)s::uuid IS NOT NULL OR NOT (
    %(always)s::bool
    OR %(rate)s::int > 0 AND (
        EXISTS (SELECT FROM newsletter_alarm WHERE until > now())
        OR %(rate)s::int <= (
            SELECT count(*) FILTER (WHERE status = 'pending_confirmation')
            FROM (
                SELECT status FROM newsletter_subscription
                WHERE subscribed_at > now() - interval '1 minute'
                ORDER BY subscribed_at DESC LIMIT 2 * %(rate)s::int
            ) AS latest
        )
    )
) AS is_open
"""

_CHALLENGE = """
INSERT INTO newsletter_allowance (key, spent)
SELECT %(proof)s::uuid, ARRAY[now()] FROM gate WHERE is_open AND %(proof)s::uuid IS NOT NULL
ON CONFLICT DO NOTHING
RETURNING key
"""

_ADMITTED = """
SELECT 1 FROM gate WHERE is_open AND (%(proof)s::uuid IS NULL OR EXISTS (SELECT FROM challenge))
"""

_HEARD = """
SELECT 1 FROM network
UNION ALL SELECT 1 FROM admitted WHERE %(client)s::uuid IS NULL
"""

# A reader who left may come back. While a mail is on its way to somebody there is no second one.
_KNOWN = """
SELECT id, status IN ('pending_confirmation', 'unsubscribed') AND NOT (
    %(guarded)s::bool AND EXISTS (
        SELECT FROM newsletter_delivery AS mail
        WHERE mail.subscription_id = reader.id AND mail.kind = 'confirmation'
            AND mail.state IN ('pending', 'claimed', 'sending')
    )
) AS may_be_mailed
FROM newsletter_subscription AS reader
WHERE newsletter_id = %(newsletter)s AND lower(email) = lower(%(email)s)
"""

# Who was erased may sign up again himself.
_BARRED = """
SELECT 1 FROM newsletter_suppression WHERE digest = ANY (%(digests)s) AND reason <> 'erased'
"""

# Of simultaneous sign-ups one inserts; the others wait for its commit and find the address known.
# Who could not be mailed today is not stored: tags make many addresses of one mailbox. Of many that
# come at the same moment some may be, without a mail; they are forgotten like all unconfirmed.
_READER = f"""
INSERT INTO newsletter_subscription (id, newsletter_id, email, name, language, status, attributes)
SELECT %(reader)s::uuid, %(newsletter)s, %(email)s, %(name)s, %(language)s,
    'pending_confirmation', '{{}}'
FROM heard
WHERE NOT EXISTS (SELECT FROM known) AND NOT EXISTS (SELECT FROM barred)
    AND NOT (%(guarded)s::bool AND EXISTS (
        SELECT FROM newsletter_allowance AS today
        WHERE key = %(address)s::uuid AND {_day_is_spent("today")}
    ))
ON CONFLICT DO NOTHING
RETURNING id
"""

_WANTED = """
SELECT id, true AS is_new FROM reader
UNION ALL
SELECT id, false FROM known, heard WHERE may_be_mailed AND NOT EXISTS (SELECT FROM barred)
"""

# Only this part makes the limit exact: whoever comes at the same moment waits here for the row. A
# new reader of a mailbox that has just had a mail (he wants a second newsletter) gets his when
# the pause is over. Nobody's turn is written as well, so that it takes as long.
_GRANTED = f"""
    excluded.latest IS NOT NULL
    AND ((SELECT is_new FROM wanted) OR {_LAST} IS NULL OR {_LAST} <= now() - {_PAUSE})
    AND NOT ({_day_is_spent("old")})
"""
_TURN = f"""
INSERT INTO newsletter_allowance AS old (key, spent, latest)
SELECT
    %(address)s::uuid,
    CASE WHEN wanted.id IS NULL THEN '{{}}' ELSE ARRAY[now()] END,
    CASE WHEN wanted.id IS NULL THEN NULL ELSE %(mail)s::uuid END
FROM heard LEFT JOIN wanted ON true
WHERE %(guarded)s::bool OR wanted.id IS NULL
ON CONFLICT (key) DO UPDATE SET
    latest = CASE WHEN {_GRANTED} THEN excluded.latest ELSE old.latest END,
    spent = CASE WHEN {_GRANTED}
        THEN (old.spent || greatest(now(), {_LAST} + {_PAUSE}))
            [cardinality(old.spent) + 2 - {MAILS_A_DAY}:]
        ELSE old.spent END
RETURNING latest, spent[cardinality(spent)] AS at
"""

# What a new reader's rows take, so that nobody is known by the time; the worker removes these soon.
# A row of these takes 8 us of a processor; how many stand in for what else is not done is measured:
# benchmarks/same_answer.py shows the processor's time of each state.
_DECOY = """
INSERT INTO newsletter_allowance (key, spent)
SELECT gen_random_uuid(), '{}' FROM heard, generate_series(1, CASE
    WHEN EXISTS (SELECT FROM mail) THEN CASE WHEN EXISTS (SELECT FROM reader) THEN 0 ELSE 12 END
    WHEN EXISTS (SELECT FROM wanted) THEN 43 ELSE 48 END)
"""

_MAIL = """
INSERT INTO newsletter_delivery (id, kind, subscription_id, recipient, state, next_at)
SELECT %(mail)s::uuid, 'confirmation', wanted.id, '', 'pending', coalesce(turn.at, now())
FROM wanted LEFT JOIN turn ON true
WHERE NOT %(guarded)s::bool OR turn.latest = %(mail)s::uuid
RETURNING id, subscription_id
"""

_CONSENT = """
INSERT INTO newsletter_consent
    (subscription_id, act, wording, wording_version, locale, page, ip_address, user_agent)
SELECT subscription_id, 'signed_up', %(wording)s, %(wording_version)s, %(locale)s, %(page)s,
    %(ip_address)s::inet, %(user_agent)s
FROM mail
"""

_SECONDS = f"""
SELECT max(extract(epoch FROM spent[cardinality(spent) + 1 - most] + interval '1 hour' - now()))
FROM newsletter_allowance JOIN (VALUES
    (%(client)s::uuid, {CLIENT_AN_HOUR}), (%(network)s::uuid, {NETWORK_AN_HOUR})
) AS allowed (key, most) USING (key)
WHERE cardinality(spent) >= most
"""

_PARTS = {
    "gate": _GATE,
    "challenge": _CHALLENGE,
    "admitted": _ADMITTED,
    "client": spend_sql(
        key="%(client)s::uuid",
        source="admitted WHERE %(client)s::uuid IS NOT NULL",
        most=CLIENT_AN_HOUR,
        seconds=3600,
    ),
    "network": spend_sql(
        key="%(network)s::uuid", source="client", most=NETWORK_AN_HOUR, seconds=3600
    ),
    "heard": _HEARD,
    "known": _KNOWN,
    "barred": _BARRED,
    "reader": _READER,
    "wanted": _WANTED,
    "turn": _TURN,
    "mail": _MAIL,
    "consent": _CONSENT,
    "decoy": _DECOY,
}

_NAMED = f"""
WITH {", ".join(f"{name} AS ({part})" for name, part in _PARTS.items())}
SELECT
    CASE
        WHEN NOT is_open THEN 'proof_needed'
        WHEN NOT EXISTS (SELECT FROM admitted) THEN 'proof_spent'
        WHEN NOT EXISTS (SELECT FROM heard) THEN 'limited'
        WHEN mail.id IS NOT NULL AND is_new THEN 'new'
        WHEN mail.id IS NOT NULL THEN 'mailed_again'
        WHEN EXISTS (SELECT FROM barred) THEN 'suppressed'
        ELSE 'not_mailed_again'
    END,
    coalesce(mail.subscription_id, (SELECT id FROM known)),
    mail.id,
    CASE WHEN is_open AND NOT EXISTS (SELECT FROM heard)
        THEN greatest(1, ceil(coalesce(({_SECONDS}), 60)))::int ELSE 0 END
FROM gate LEFT JOIN mail ON true LEFT JOIN wanted ON true
"""

PARAMETERS = tuple(dict.fromkeys(re.findall(r"%\((\w+)\)s", _NAMED)))
"""What the statement takes, in this order."""
SIGN_UP = re.sub(r"%\((\w+)\)s", lambda found: f"${PARAMETERS.index(found[1]) + 1}", _NAMED)
"""One row: the outcome, the reader's and the mail's id where there are such, seconds to wait.

Its places are numbered as PostgreSQL numbers them: psycopg would look for names in so long a text
anew each time, which took a fifth of a sign-up's time.
"""
