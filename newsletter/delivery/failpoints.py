"""Places where a worker can be made to die, so that tests see what a crash there leaves behind.

``APP_DELIVERY__FAILPOINT=after-yes:3`` kills the process with SIGKILL when it comes to that place
for the third time: no handler runs, nothing is flushed, as with the out-of-memory killer.
"""

import os
import signal
from itertools import count

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

POINTS = (
    "after-claim",  # rows are claimed, and none is marked
    "after-sending",  # a group is marked `sending`, and nothing of it has left
    "after-yes",  # the provider took a group, and no outcome is recorded
    "before-record-commit",  # the outcomes are about to be written
    "after-record-commit",  # they are written, and the next group is marked `sending`
)

_point, _, _times = settings.DELIVERY_FAILPOINT.partition(":")
if _point and (_point not in POINTS or not (_times or "1").isdecimal()):
    raise ImproperlyConfigured(
        f"APP_DELIVERY__FAILPOINT must be one of {', '.join(POINTS)}, as NAME or NAME:COUNT."
    )
_TIMES = int(_times or 1)
_visits = count(1)


def reach(name: str) -> None:
    """Die here if the environment says so."""
    if name == _point and next(_visits) >= _TIMES:
        os.kill(os.getpid(), signal.SIGKILL)
