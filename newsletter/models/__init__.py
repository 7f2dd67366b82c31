"""The nouns: fields, constraints and named querysets. The rules are in the verb modules."""

from newsletter.models.consents import Consent
from newsletter.models.deliveries import Delivery
from newsletter.models.issues import Issue
from newsletter.models.newsletters import Newsletter
from newsletter.models.providers import Provider
from newsletter.models.subscriptions import Subscription
from newsletter.models.suppressions import Suppression
from newsletter.models.workers import Worker

__all__ = [
    "Consent",
    "Delivery",
    "Issue",
    "Newsletter",
    "Provider",
    "Subscription",
    "Suppression",
    "Worker",
]
