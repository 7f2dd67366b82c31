"""What is written down of an act of consent: the words, their place, and who sat there."""

from dataclasses import dataclass
from uuid import UUID

from newsletter.models import Consent, Newsletter, Wording


@dataclass(frozen=True, slots=True)
class Client:
    """The device of a visitor; empty unless the operator chose to record it."""

    ip_address: str | None = None
    user_agent: str = ""


UNKNOWN = Client()


@dataclass(frozen=True, slots=True)
class Agreement:
    """What somebody was shown when he agreed, and where."""

    wording: Wording
    page: str = ""
    client: Client = UNKNOWN


def agreement(
    newsletter: Newsletter,
    *,
    wording: Wording | None = None,
    page: str = "",
    client: Client = UNKNOWN,
) -> Agreement:
    """Return what is agreed to: the words shown, or a newsletter's own of today."""
    shown = wording or Wording.objects.current(newsletter, newsletter.language)
    return Agreement(shown, page, client)


def record_agreement(subscription_id: UUID, agreed: Agreement) -> None:
    """Add a sign-up to a chain, in the transaction of its cause."""
    Consent.objects.create(
        subscription_id=subscription_id,
        act=Consent.Act.SIGNED_UP,
        wording=agreed.wording.text,
        wording_version=agreed.wording.name,
        locale=agreed.wording.language,
        page=agreed.page,
        ip_address=agreed.client.ip_address,
        user_agent=agreed.client.user_agent,
    )


def record_act(
    subscription_id: UUID, act: Consent.Act, *, page: str = "", client: Client = UNKNOWN
) -> None:
    """Add what somebody did without new words to a chain, in the transaction of its cause."""
    Consent.objects.create(
        subscription_id=subscription_id,
        act=act,
        page=page,
        ip_address=client.ip_address,
        user_agent=client.user_agent,
    )
