"""The statement that records one group of mails and opens the next, in one round trip.

`judged` is the last look at a reader before his mail leaves: who has left, is erased or pauses by
then gets none, and the reason stays in the ledger.
"""

ADVANCE = """
WITH recorded AS (
    UPDATE newsletter_delivery AS delivery
    SET state = record.state,
        error_code = record.code,
        provider_id = record.provider_id,
        next_at = now() + make_interval(secs => record.wait),
        lease_until = NULL,
        finished_at = CASE WHEN record.state <> 'pending' THEN now() END,
        attempts = delivery.attempts - record.refund,
        claim_token = CASE WHEN record.state = 'unknown' THEN delivery.claim_token END,
        resends = delivery.resends + record.resend
    FROM jsonb_to_recordset(%(records)s::jsonb) AS record (
        id uuid, state text, code text, provider_id text, wait float8, refund int, resend int
    )
    WHERE delivery.id = record.id
      AND delivery.claim_token = %(token)s
      AND delivery.state IN ('claimed', 'sending', 'unknown')
), judged AS (
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
    LEFT JOIN newsletter_subscription AS subscription ON subscription.id = delivery.subscription_id
    LEFT JOIN newsletter_issue AS issue ON issue.id = delivery.issue_id
    WHERE delivery.id = ANY (%(next_ids)s::uuid[])
      AND NOT EXISTS (
          SELECT FROM newsletter_provider
          WHERE name = %(provider)s AND (hold_until > now() OR opened_at IS NOT NULL)
      )
), started AS (
    UPDATE newsletter_delivery AS delivery
    SET state = CASE WHEN verdict IN ('sending', 'pending') THEN verdict ELSE 'skipped' END,
        error_code = CASE WHEN verdict IN ('sending', 'pending') THEN '' ELSE verdict END,
        attempts = delivery.attempts
            + (verdict = 'sending' AND delivery.state = 'claimed')::int,
        sending_at = CASE WHEN verdict = 'sending' THEN now() ELSE delivery.sending_at END,
        lease_until = CASE WHEN verdict = 'sending' THEN delivery.lease_until END,
        next_at = CASE WHEN verdict = 'pending' THEN now() END,
        finished_at = CASE WHEN verdict NOT IN ('sending', 'pending') THEN now() END
    FROM judged
    WHERE delivery.id = judged.id
      AND delivery.claim_token = %(token)s
      AND delivery.state IN ('claimed', 'sending')
    RETURNING delivery.id, kind, state, attempts, resends, email, subscription_id, issue_id,
              newsletter_id, language
)
SELECT * FROM started
"""
