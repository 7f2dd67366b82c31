"""What can go wrong with a whole import, each as a sentence to show."""


class ImportingError(ValueError):
    """The import cannot go on so; the message says what to do."""


class UnreadableFile(ImportingError):
    """The file is none that readers can be imported from."""


class FileTooLarge(UnreadableFile):
    """The file has more bytes than may be uploaded."""


class NotNow(ImportingError):
    """The import is in a state, or was changed meanwhile, in which this cannot be done."""
