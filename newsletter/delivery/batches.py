"""The rows that one connection has claimed, while it works through them."""

import time
from collections.abc import Sequence
from uuid import UUID

from newsletter.delivery.ledger import LEASE, Record

TURN_SECONDS = 4.0
_LEASE_SECONDS = LEASE.total_seconds()


class Batch:
    def __init__(
        self, token: UUID, ids: Sequence[UUID], claimed_at: float, *, probing: bool
    ) -> None:
        self.token = token
        self.probing = probing
        self.ids = list(ids)
        self.unsent = list(ids)
        self.records: list[Record] = []
        """What is known of the last group and not yet written down."""
        self._claimed_at = claimed_at
        self.renewed(claimed_at)

    def renewed(self, at: float) -> None:
        """Note a lease that began at this moment of the monotonic clock."""
        self._leased_until = at + _LEASE_SECONDS

    @property
    def had_its_turn(self) -> bool:
        """Whether the rest goes back: a single mail may have come, for which somebody waits."""
        return time.monotonic() > self._claimed_at + TURN_SECONDS

    @property
    def wants_renewal(self) -> bool:
        return time.monotonic() > self._leased_until - _LEASE_SECONDS * 2 / 3

    @property
    def is_safe(self) -> bool:
        """Whether half of the lease is left: with less, nothing new is begun."""
        return time.monotonic() < self._leased_until - _LEASE_SECONDS / 2
