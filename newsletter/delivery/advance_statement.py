"""The statement that records one group of mails and opens the next, in one round trip.

`judged` is the last look at a reader before his mail leaves: who has left, is erased or pauses by
then gets none, and the reason stays in the ledger. Outcomes and openings are one UPDATE, since each
begins by reading the table's constraints and the conditions of its indexes. `all_ids` says nothing
new, and neither does LIMIT 1: they keep a plan that was made while the tables were small from
reading the whole of them when they are large.
"""

ADVANCE = """
WITH judged AS (
    SELECT delivery.id,
           CASE WHEN delivery.kind = 'address' THEN delivery.recipient
                ELSE coalesce(subscription.email, delivery.recipient) END AS email,
           coalesce(subscription.newsletter_id, issue.newsletter_id) AS newsletter_id, language,
           CASE
               WHEN delivery.kind = 'test' THEN 'sending'
               WHEN subscription.id IS NULL THEN 'erased'
               WHEN delivery.kind = 'confirmation' THEN
                   CASE WHEN subscription.status IN ('pending_confirmation', 'unsubscribed')
                        THEN 'sending' ELSE subscription.status END
               WHEN delivery.kind = 'reminder' THEN
                   CASE WHEN subscription.status = 'pending_confirmation'
                        THEN 'sending' ELSE subscription.status END
               WHEN delivery.kind IN ('access', 'address') THEN
                   CASE WHEN subscription.status NOT IN ('bounced', 'complained')
                        THEN 'sending' ELSE subscription.status END
               WHEN issue.state = 'cancelled' THEN 'cancelled'
               WHEN subscription.status <> 'confirmed' THEN subscription.status
               WHEN subscription.paused_until > now() THEN 'paused'
               WHEN issue.state NOT IN ('expanding', 'sending') THEN 'pending'
               ELSE 'sending'
           END AS verdict
    FROM newsletter_delivery AS delivery
    LEFT JOIN LATERAL (
        SELECT * FROM newsletter_subscription WHERE id = delivery.subscription_id LIMIT 1
    ) AS subscription ON true
    LEFT JOIN newsletter_issue AS issue ON issue.id = delivery.issue_id
    WHERE delivery.id = ANY (%(next_ids)s::uuid[])
      AND NOT EXISTS (
          SELECT FROM newsletter_provider
          WHERE name = %(provider)s AND (hold_until > now() OR opened_at IS NOT NULL)
      )
), change AS MATERIALIZED (
    SELECT id, true AS is_outcome, state, coalesce(code, '') AS code,
           coalesce(provider_id, '') AS provider_id, wait,
           coalesce(refund, 0) AS refund, coalesce(resend, 0) AS resend,
           NULL::varchar AS email, NULL::bigint AS newsletter_id, NULL::varchar AS language
    FROM json_to_recordset(%(records)s::json) AS record (
        id uuid, state text, code text, provider_id text, wait float8, refund int, resend int
    )
    UNION ALL
    SELECT id, false,
           CASE WHEN verdict IN ('sending', 'pending') THEN verdict ELSE 'skipped' END,
           CASE WHEN verdict IN ('sending', 'pending') THEN '' ELSE verdict END,
           NULL, CASE WHEN verdict = 'pending' THEN 0 END, 0, 0, email, newsletter_id, language
    FROM judged
), advanced AS (
    UPDATE newsletter_delivery AS delivery
    SET state = change.state,
        error_code = change.code,
        provider_id = coalesce(change.provider_id, delivery.provider_id),
        next_at = now() + make_interval(secs => change.wait),
        lease_until = CASE WHEN change.state = 'sending' THEN delivery.lease_until END,
        sending_at = CASE WHEN change.state = 'sending' THEN now() ELSE delivery.sending_at END,
        finished_at = CASE WHEN change.state NOT IN ('sending', 'pending') THEN now() END,
        claim_token = CASE
            WHEN change.state IN ('sending', 'unknown') THEN delivery.claim_token END,
        attempts = delivery.attempts - change.refund
            + (change.state = 'sending' AND delivery.state = 'claimed')::int,
        resends = delivery.resends + change.resend
    FROM change
    WHERE delivery.id = change.id
      AND delivery.id = ANY (%(all_ids)s::uuid[])
      AND delivery.claim_token = %(token)s
      AND (delivery.state IN ('claimed', 'sending') OR is_outcome AND delivery.state = 'unknown')
    RETURNING delivery.id, kind, delivery.state, attempts, resends, change.email, subscription_id,
              issue_id, change.newsletter_id, change.language
)
SELECT * FROM advanced WHERE state = 'sending'
"""
