"""What the ledger's codes mean, in words for who does not read RFC 3463."""

import re

_ENHANCED = re.compile(r"\b[245]\.(\d{1,3})\.(\d{1,3})$")
_REPLY = re.compile(r"^([45])\d\d\b")

_BY_DETAIL = {
    ("1", "1"): "there is no such mailbox",
    ("1", "2"): "there is no such domain",
    ("1", "3"): "the address is written wrongly",
    ("1", "6"): "the mailbox has moved",
    ("1", "10"): "the domain takes no mail",
    ("2", "1"): "the mailbox is switched off",
    ("2", "2"): "the mailbox is full",
    ("2", "3"): "the mail is too large for the mailbox",
    ("3", "4"): "the mail is too large",
    ("7", "1"): "refused by policy: often as spam, or for the sender's reputation",
    ("7", "8"): "our user or password was refused",
    ("7", "20"): "no valid DKIM signature",
    ("7", "23"): "SPF did not pass",
    ("7", "25"): "the sending address has no reverse name",
    ("7", "26"): "neither SPF nor DKIM passed",
}
_BY_SUBJECT = {
    "1": "something about the address",
    "2": "something about the mailbox",
    "3": "something about the recipient's mail system",
    "4": "a fault of the network or the routing",
    "5": "a fault of the protocol",
    "6": "something about the content",
    "7": "refused by a security or spam policy",
}
"""RFC 3463, 3; the registry of details: iana.org/assignments/smtp-enhanced-status-codes."""

_OURS = {
    "bounced": "the mailbox bounced, now or before",
    "cancelled": "the issue was cancelled",
    "complained": "the reader called a mail spam",
    "connection_failed": "the connection failed",
    "connection_lost": "the connection was lost",
    "connection_refused": "the mail server refused the connection",
    "database_away": "the database was away",
    "erased": "the reader was erased",
    "garbled_reply": "the mail server's reply made no sense",
    "name_not_resolved": "the mail server's name was not found",
    "no_answer": "the provider did not answer in time",
    "paused": "the reader has paused the newsletter",
    "pending_confirmation": "the address is not confirmed",
    "poison": "three workers died while sending it",
    "recipient_refused": "the provider refused the address",
    "restored": "in flight when the database was copied",
    "timed_out": "no answer in time",
    "timed_out after the dot": "no answer to the whole mail",
    "tls_failed": "no encrypted connection could be made",
    "unsendable": "the provider's rules do not allow this mail",
    "unsubscribed": "the reader unsubscribed before it was sent",
    "unwritable": "the mail could not be written: see the log",
    "worker_died": "the worker died while sending it",
    "wrong_address": "the provider's address is wrong",
}

UNKNOWN = (
    "The provider may have these mails: the connection or the worker was lost after the mail was "
    "handed over and before the yes. They are not sent again by themselves, since some readers "
    "would get a second copy."
)


def meaning(code: str) -> str:
    """Return what a code says, or nothing where it says it itself."""
    bare = code.removeprefix("bounced ").removeprefix("rejected ")
    if found := _OURS.get(bare):
        return found
    if found_code := _ENHANCED.search(bare):
        subject, detail = found_code.groups()
        return _BY_DETAIL.get((subject, detail)) or _BY_SUBJECT.get(subject, "")
    if reply := _REPLY.match(bare):
        return "refused for now" if reply[1] == "4" else "refused"
    if bare.startswith("http_"):
        return "the provider's answer to our request"
    return "the connection was lost" if bare.startswith("connection_lost") else ""
