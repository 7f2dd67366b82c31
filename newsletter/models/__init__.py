"""The nouns: fields, constraints and named querysets. The rules are in the verb modules."""

from newsletter.models.allowances import Alarm, Allowance
from newsletter.models.bulk_changes import BulkChange
from newsletter.models.chores import Chore
from newsletter.models.complaints import Complaint
from newsletter.models.consents import Consent
from newsletter.models.deliveries import Delivery
from newsletter.models.figures import Day, Figure
from newsletter.models.images import Image
from newsletter.models.imports import Import, ImportFault, ImportPart, ImportRange, ImportRow
from newsletter.models.installations import Installation
from newsletter.models.issue_counts import IssueCount
from newsletter.models.issue_samples import IssueSample
from newsletter.models.issues import Issue
from newsletter.models.links import TriedLink
from newsletter.models.newsletters import Newsletter
from newsletter.models.providers import Provider
from newsletter.models.readings import Reading, Visit
from newsletter.models.remarks import Change, Note
from newsletter.models.segments import Segment
from newsletter.models.subscriptions import Subscription
from newsletter.models.suppressions import Suppression
from newsletter.models.tallies import Tally
from newsletter.models.themes import Theme
from newsletter.models.wordings import Wording
from newsletter.models.workers import Worker

__all__ = [
    "Alarm",
    "Allowance",
    "BulkChange",
    "Change",
    "Chore",
    "Complaint",
    "Consent",
    "Day",
    "Delivery",
    "Figure",
    "Image",
    "Import",
    "ImportFault",
    "ImportPart",
    "ImportRange",
    "ImportRow",
    "Installation",
    "Issue",
    "IssueCount",
    "IssueSample",
    "Newsletter",
    "Note",
    "Provider",
    "Reading",
    "Segment",
    "Subscription",
    "Suppression",
    "Tally",
    "Theme",
    "TriedLink",
    "Visit",
    "Wording",
    "Worker",
]
