"""What can stand against a publication; each message is the sentence to show."""


class PublishingError(Exception):
    """The verb was refused, and nothing was changed."""


class InvalidIssue(PublishingError):
    """A text is missing, too long or cannot be mailed."""


class KeyTaken(PublishingError):
    """The key names an issue with another content."""


class WrongState(PublishingError):
    """The issue is not in a state from which this can be done."""


class InvalidTime(PublishingError):
    """The time has no zone or is past."""


class InvalidStage(PublishingError):
    """A part of a staged send makes no sense."""


class InvalidRecipient(PublishingError):
    """A test mail cannot be sent to this text."""
