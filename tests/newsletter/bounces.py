"""Messages that arrive at a bounce address, as mail servers write them."""


def report(recipient, action="failed", status="5.1.1", diagnostic=""):
    """Return a delivery status notification (RFC 3464)."""
    return f"""\
Return-Path: <>
To: {recipient}
From: MAILER-DAEMON@mx.example.net
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

Sorry.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.net

Final-Recipient: rfc822; ursula@example.org
Action: {action}
Status: {status}
Diagnostic-Code: {diagnostic}

--b
Content-Type: message/rfc822

To: ursula@example.org
Subject: The first issue

Hello.
--b--
""".encode()


def complaint(mail_from, feedback_type="abuse"):
    """Return a spam complaint (RFC 5965), which comes to another address."""
    return f"""\
To: abuse@example.org
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="b"

--b
Content-Type: text/plain

This is a report.
--b
Content-Type: message/feedback-report

Feedback-Type: {feedback_type}
User-Agent: Loop/1
Version: 1
Original-Mail-From: <{mail_from}>

--b
Content-Type: message/rfc822

To: ursula@example.org

Hello.
--b--
""".encode()


def absence_note(recipient):
    return f"To: {recipient}\nAuto-Submitted: auto-replied\n\nI am away.\n".encode()
