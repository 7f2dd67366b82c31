"""What can be done with one person: who may, what is asked first, which verb, what is then said."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse

from newsletter import changing, privacy, suppressing
from newsletter.admin.subscription_forms import EraseForm, NoteForm
from newsletter.models import BulkChange, Subscription

Act = BulkChange.Act


@dataclass(frozen=True, slots=True)
class Deed:
    """One button. `act` returns the sentence to show, or an answer of its own."""

    label: str
    permission: str
    recorded: str
    """Its verb in the record of what staff did."""
    act: Callable[[HttpRequest, Subscription, dict[str, Any]], str | HttpResponse]
    question: str = ""
    """Of the page that asks first; without one, a form on the person's page posts it."""
    form: type[forms.Form] = forms.Form
    role: str = ""
    needs_password: bool = False
    """Whether the password must have been typed lately."""
    ends_person: bool = False


def _by(request: HttpRequest) -> str:
    return request.user.get_username()


def _tag(request: HttpRequest, reader: Subscription, _given: dict[str, Any]) -> str:
    tag = changing.parse_tag(request.POST.get("tag", ""))
    done = changing.change(_only(reader), act=Act.TAG, tag=tag, by=_by(request))
    return f"Tagged {tag}." if done.changed else f"The tag {tag} was there already."


def _untag(request: HttpRequest, reader: Subscription, _given: dict[str, Any]) -> str:
    tag = changing.parse_tag(request.POST.get("tag", ""))
    changing.change(_only(reader), act=Act.UNTAG, tag=tag, by=_by(request))
    return f"The tag {tag} is gone."


def _note(request: HttpRequest, reader: Subscription, _given: dict[str, Any]) -> str:
    text = request.POST.get("text", "")
    changing.write_note(subscription_id=reader.pk, text=text, by=_by(request))
    return "The note is kept."


def _unsubscribe(request: HttpRequest, reader: Subscription, _given: dict[str, Any]) -> str:
    done = changing.change(_only(reader), act=Act.UNSUBSCRIBE, by=_by(request))
    return "Unsubscribed." if done.changed else "There was no subscription to end."


def _suppress(request: HttpRequest, reader: Subscription, given: dict[str, Any]) -> str:
    suppressing.suppress_by_hand(email=reader.email, note=given["note"], by=_by(request))
    return "The address is never mailed again."


def _lift(request: HttpRequest, reader: Subscription, given: dict[str, Any]) -> str:
    if suppressing.lift(email=reader.email, note=given["note"], by=_by(request)):
        return "The suppression is lifted. The person comes back by an own sign-up only."
    return "The address was not suppressed."


def _export(_request: HttpRequest, reader: Subscription, _given: dict[str, Any]) -> HttpResponse:
    held = privacy.export_person(email=reader.email)
    response = HttpResponse(
        json.dumps(held, indent=2, ensure_ascii=False), content_type="application/json"
    )
    response["Content-Disposition"] = f'attachment; filename="person-{reader.pk}.json"'
    return response


def _erase(_request: HttpRequest, reader: Subscription, given: dict[str, Any]) -> str:
    erased = privacy.erase_person(email=reader.email, never_again=given["never_again"])
    return f"Erased: {erased:,} subscription{'' if erased == 1 else 's'} and all that belonged."


def _only(reader: Subscription) -> Any:
    return Subscription.objects.filter(pk=reader.pk)


DEEDS = {
    "tag": Deed("Add", "newsletter.change_subscription", "subscription.tagged", _tag),
    "untag": Deed("Remove", "newsletter.change_subscription", "subscription.untagged", _untag),
    "note": Deed("Keep the note", "newsletter.add_note", "subscription.noted", _note),
    "unsubscribe": Deed(
        "Unsubscribe",
        "newsletter.change_subscription",
        "subscription.unsubscribed",
        _unsubscribe,
        "This person gets no more issues of this newsletter, and can come back only by signing up.",
    ),
    "suppress": Deed(
        "Suppress the address",
        "newsletter.add_suppression",
        "subscription.suppressed",
        _suppress,
        "The address is never mailed again, by no newsletter of this installation. It is kept as a "
        "keyed hash, also when the person is erased.",
        NoteForm,
        role="danger",
    ),
    "lift": Deed(
        "Lift the suppression",
        "newsletter.delete_suppression",
        "subscription.lifted",
        _lift,
        "Mail may go to the address again, once its owner has signed up and confirmed.",
        NoteForm,
    ),
    "export": Deed(
        "Export",
        "newsletter.export_subscriptions",
        "subscription.exported",
        _export,
        "All that is stored of this person, in every newsletter, as one JSON file.",
        needs_password=True,
    ),
    "erase": Deed(
        "Erase",
        "newsletter.erase_subscription",
        "subscription.erased",
        _erase,
        "The person is forgotten in every newsletter: address, name, consents, notes, tags. The "
        "ledger keeps rows that lead nowhere, and a keyed hash keeps imports from bringing the "
        "address back.",
        EraseForm,
        role="danger",
        needs_password=True,
        ends_person=True,
    ),
}
