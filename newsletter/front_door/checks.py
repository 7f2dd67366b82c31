"""The guards, asked in one order for the page, the frame, the form and the JSON alike."""

from uuid import UUID

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _

from newsletter.forms import SignUpForm
from newsletter.guarding import domains, hints, proofs, tickets, traps
from newsletter.signing_up import Visitor
from zero2prod.client_address import client_address


class NotYet(Exception):
    """The visitor is not let in as he came; the argument is what to say to him."""

    outcome = ""
    """By which name it is counted."""


class Trapped(NotYet):
    """Something invisible was filled in: it is a bot, which is told nothing."""

    outcome = "trapped"


class PressAgain(NotYet):
    """The form came back too soon or too late."""

    outcome = "pressed_again"


class Doubtful(NotYet):
    """The domain looks mistyped; what to say is the address that was probably meant."""

    outcome = "asked_for_address"


class Unproven(NotYet):
    """The proof of work is none."""

    outcome = "unproven"


class WaitHere(NotYet):
    """Without a proof of work the visitor must wait."""

    outcome = "waiting"


def examine(request: HttpRequest, form: SignUpForm, *, asks: bool) -> Visitor | None:
    """Return who signs up; None if his address is refused, which the form then says.

    Only who can answer is asked (`asks`): if he mistyped his domain. Raises one of NotYet, which
    does not depend on what is known of the address.
    """
    email: str = form.cleaned_data["email"]
    if not settings.SIGNUP_LIMITS:
        return Visitor()
    if form.given(traps.HONEYPOT):
        raise Trapped
    _check_clock(form.given("clock"))
    if asks and not form.given("kept") and (meant := hints.meant(email)):
        raise Doubtful(meant)
    sentence = _refused_domain(email.rpartition("@")[2])
    if sentence:
        form.add_error("email", sentence)
        return None
    client = client_address(request)
    return Visitor(client, _passed(form, email, client))


def _check_clock(clock: str) -> None:
    """Look at the clock of our own pages; forms on other sites and programs have none."""
    if not clock:
        return
    try:
        traps.check_clock(clock)
    except traps.TooFast as error:
        raise PressAgain(_("That was very fast. Please press the button once more.")) from error
    except traps.Stale as error:
        sentence = _("This page has been open for long. Please press the button once more.")
        raise PressAgain(sentence) from error


def _refused_domain(domain: str) -> str:
    if settings.SIGNUP_DISPOSABLE == "refuse" and domains.is_disposable(domain):
        return _("Please give an address that you keep: mailboxes to throw away are not taken.")
    if settings.SIGNUP_CHECK_MX and domains.exchanges.refuses_mail(domain):
        return _("This domain takes no mail. Please check what stands after the @.")
    return ""


def _passed(form: SignUpForm, email: str, client: str) -> UUID | None:
    """Return the key of the proof of work or of the ticket; None if there is neither.

    A ticket that never counted is none, so that he gets a new one.
    """
    try:
        if form.given("proof"):
            return proofs.verify(form.given("proof"))
        if form.given("ticket"):
            return tickets.admit(form.given("ticket"), email=email, client=client)
    except proofs.Unproven as error:
        raise Unproven from error
    except tickets.Worthless:
        return None
    except tickets.Waiting as error:
        sentence = _("Please wait %(seconds)d more seconds, then press the button again.")
        raise WaitHere(sentence % {"seconds": error.args[0]}) from error
    except tickets.LaneFull as error:
        raise WaitHere(_("Too many are waiting. Please press again in a minute.")) from error
    return None
