"""The documented shapes of providers' calls, of one mail each: https://anymail.dev/en/stable/esps/"""

import hashlib
import hmac
import json

SIGNING_KEY = "signing-key"


def _postmark(kind, delivery, **fields):
    return {
        "RecordType": kind,
        "MessageID": "pm-1",
        "Metadata": {"delivery_id": delivery},
        **fields,
    }


def _sendgrid(event, delivery, **fields):
    return [
        {"event": event, "sg_event_id": "e-1", "timestamp": 1, "delivery_id": delivery, **fields}
    ]


def _mailgun(event, delivery, **fields):
    token, timestamp = "t" * 50, "1461565717"
    signature = hmac.new(SIGNING_KEY.encode(), f"{timestamp}{token}".encode(), hashlib.sha256)
    return {
        "signature": {"timestamp": timestamp, "token": token, "signature": signature.hexdigest()},
        "event-data": {
            "event": event,
            "timestamp": 1461565717.5,
            "message": {"headers": {"message-id": f"{delivery}@example.org"}},
            "user-variables": {},
            **fields,
        },
    }


def _brevo(event, delivery, **fields):
    return {"event": event, "X-Mailin-custom": json.dumps({"delivery_id": delivery}), **fields}


def _resend(event, delivery, **data):
    headers = [{"name": "X-Metadata", "value": json.dumps({"delivery_id": delivery})}]
    return {"type": event, "data": {"email_id": "re-1", "headers": headers, **data}}


def _mailjet(event, delivery, **fields):
    payload = json.dumps({"delivery_id": delivery})
    return [{"event": event, "time": 1, "MessageID": 7, "Payload": payload, **fields}]


def _mailtrap(event, delivery, **fields):
    ids = {"message_id": "mt-1", "event_id": "e-1", "email": "ursula@example.org"}
    variables = {"custom_variables": {"delivery_id": delivery}}
    return {"events": [{"event": event, "timestamp": 1, **ids, **variables, **fields}]}


def _sparkpost(event, delivery, **fields):
    message = {"type": event, "timestamp": "1", "rcpt_meta": {"delivery_id": delivery}, **fields}
    return [{"msys": {"message_event": message}}]


def sns(kind, **fields):
    return {"Type": kind, "MessageId": "sns-1", "Timestamp": "2026-11-26T12:00:00.000Z", **fields}


def _ses(event, delivery, /, **fields):
    metadata = [{"name": "X-Metadata", "value": json.dumps({"delivery_id": delivery})}]
    sent = {"messageId": "0100018-ses", "destination": ["ursula@example.org"], "headers": metadata}
    return sns("Notification", Message=json.dumps({"eventType": event, "mail": sent, **fields}))


def _ses_bounce(delivery, kind, said):
    gone = [{"emailAddress": "ursula@example.org", "diagnosticCode": f"smtp; {said}"}]
    bounce = {"bounceType": kind, "bounceSubType": "General", "bouncedRecipients": gone}
    return _ses("Bounce", delivery, bounce=bounce)


GONE = "550 5.1.1 <ursula@example.org>: user unknown"
POLICY = "550 5.7.1 rejected by policy"
_PERMANENT = {"severity": "permanent", "reason": "bounce"}

CALLS = {
    # provider, what happened: the call
    ("postmark", "delivered"): lambda d: _postmark("Delivery", d),
    ("postmark", "gone"): lambda d: _postmark("Bounce", d, Type="HardBounce", Details="unknown"),
    ("postmark", "policy"): lambda d: _postmark("Bounce", d, Type="HardBounce", Details=POLICY),
    ("postmark", "soft"): lambda d: _postmark("Bounce", d, Type="SoftBounce", Details="full"),
    ("postmark", "complaint"): lambda d: _postmark("SpamComplaint", d, Type="SpamComplaint"),
    ("postmark", "left"): lambda d: _postmark(
        "SubscriptionChange", d, SuppressSending=True, SuppressionReason="ManualSuppression"
    ),
    ("sendgrid", "delivered"): lambda d: _sendgrid("delivered", d),
    ("sendgrid", "gone"): lambda d: _sendgrid("bounce", d, status="5.1.1", type="bounce"),
    ("sendgrid", "policy"): lambda d: _sendgrid("bounce", d, reason=POLICY, type="blocked"),
    ("sendgrid", "soft"): lambda d: _sendgrid("deferred", d, response="452 4.2.2 full"),
    ("sendgrid", "complaint"): lambda d: _sendgrid("spamreport", d),
    ("sendgrid", "left"): lambda d: _sendgrid("unsubscribe", d),
    ("mailgun", "delivered"): lambda d: _mailgun("delivered", d),
    ("mailgun", "gone"): lambda d: _mailgun(
        "failed", d, **_PERMANENT, **{"delivery-status": {"message": GONE}}
    ),
    ("mailgun", "policy"): lambda d: _mailgun(
        "failed", d, **_PERMANENT, **{"delivery-status": {"message": POLICY}}
    ),
    ("mailgun", "soft"): lambda d: _mailgun("failed", d, severity="temporary", reason="generic"),
    ("mailgun", "complaint"): lambda d: _mailgun("complained", d),
    ("mailgun", "left"): lambda d: _mailgun("unsubscribed", d),
    ("brevo", "delivered"): lambda d: _brevo("delivered", d),
    ("brevo", "gone"): lambda d: _brevo("hard_bounce", d, reason="unknown"),
    ("brevo", "policy"): lambda d: _brevo("hard_bounce", d, reason=POLICY),
    ("brevo", "soft"): lambda d: _brevo("soft_bounce", d, reason="full"),
    ("brevo", "complaint"): lambda d: _brevo("spam", d),
    ("brevo", "left"): lambda d: _brevo("unsubscribe", d),
    ("resend", "delivered"): lambda d: _resend("email.delivered", d),
    ("resend", "gone"): lambda d: _resend(
        "email.bounced", d, bounce={"message": "a hard bounce message", "type": "Permanent"}
    ),
    ("resend", "soft"): lambda d: _resend(
        "email.bounced", d, bounce={"message": "a bounce message", "type": "Transient"}
    ),
    ("resend", "complaint"): lambda d: _resend("email.complained", d),
    ("mailjet", "delivered"): lambda d: _mailjet("sent", d),
    ("mailjet", "gone"): lambda d: _mailjet("bounce", d, error="user unknown", smtp_reply=GONE),
    ("mailjet", "complaint"): lambda d: _mailjet("spam", d),
    ("mailjet", "left"): lambda d: _mailjet("unsub", d),
    ("mailtrap", "delivered"): lambda d: _mailtrap("delivery", d),
    ("mailtrap", "gone"): lambda d: _mailtrap("bounce", d, response=GONE),
    ("mailtrap", "complaint"): lambda d: _mailtrap("spam", d),
    ("ses", "delivered"): lambda d: _ses(
        "Delivery", d, delivery={"recipients": ["ursula@example.org"], "smtpResponse": "250 ok"}
    ),
    ("ses", "gone"): lambda d: _ses_bounce(d, "Permanent", GONE),
    ("ses", "policy"): lambda d: _ses_bounce(d, "Permanent", POLICY),
    ("ses", "soft"): lambda d: _ses_bounce(d, "Transient", "452 4.2.2 full"),
    ("ses", "complaint"): lambda d: _ses(
        "Complaint", d, complaint={"complainedRecipients": [{"emailAddress": "u@example.org"}]}
    ),
    ("sparkpost", "delivered"): lambda d: _sparkpost("delivery", d),
    ("sparkpost", "gone"): lambda d: _sparkpost("bounce", d, bounce_class="10", raw_reason=GONE),
    ("sparkpost", "complaint"): lambda d: _sparkpost("spam_complaint", d),
    ("sparkpost", "left"): lambda d: _sparkpost("list_unsubscribe", d),
}
