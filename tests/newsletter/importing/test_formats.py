"""The exports of listmonk, Mailchimp and Substack: who left there stays left here."""

import pytest

from newsletter import importing
from newsletter.models import Subscription, Suppression
from tests.newsletter.importing.files import fates, faults, import_file, keep

pytestmark = pytest.mark.django_db

LISTMONK = """\
uuid,email,name,attributes,status,created_at,updated_at
5e91dda1-1c16-467d-9bf9-2a21bf22ae21,anna@example.org,Anna,\
"{""city"": ""Oslo"", ""visits"": 3}",enabled,\
2023-01-02 15:04:05.123456 +0000 UTC,2024-01-02 15:04:05.123456 +0000 UTC
5e91dda1-1c16-467d-9bf9-2a21bf22ae22,boris@example.org,Boris,{},disabled,\
2023-01-02 15:04:05 +0100 CET,2024-01-02 15:04:05 +0100 CET
5e91dda1-1c16-467d-9bf9-2a21bf22ae23,carl@example.org,Carl,{},blocklisted,\
2023-01-02 15:04:05 +0000 UTC,2024-01-02 15:04:05 +0000 UTC
"""
_MAILCHIMP = (
    "Email Address,First Name,Last Name,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,CONFIRM_IP,"
    "LATITUDE,LONGITUDE,GMTOFF,DSTOFF,TIMEZONE,CC,REGION{},LAST_CHANGED,LEID,EUID,NOTES,TAGS\n"
)
_PLACE = '2023-05-01 10:00:00,192.0.2.1,2023-05-01 10:05:00,192.0.2.1,,,,,,"NO",""'
SUBSCRIBED = _MAILCHIMP.format("") + (
    f'anna@example.org,Anna,Ås,4,{_PLACE},2024-01-01 00:00:00,1,a,,"""VIP, gold"",""blog"""\n'
)
UNSUBSCRIBED = _MAILCHIMP.format(
    ",UNSUB_TIME,UNSUB_CAMPAIGN_TITLE,UNSUB_CAMPAIGN_ID,UNSUB_REASON,UNSUB_REASON_OTHER"
) + (
    f"boris@example.org,Boris,,2,{_PLACE},2023-09-09 08:00:00,May,7,NORMAL,,"
    "2024-01-01 00:00:00,2,b,,\n"
)
CLEANED = _MAILCHIMP.format(",CLEAN_TIME,CLEAN_CAMPAIGN_TITLE,CLEAN_CAMPAIGN_ID") + (
    f"carl@example.org,Carl,,1,{_PLACE},2023-10-10 08:00:00,June,8,2024-01-01 00:00:00,3,c,,\n"
)
SUBSTACK = """\
email,active_subscription,expiry,plan,email_disabled,created_at,first_payment_at
anna@example.org,false,,other,false,2024-01-15T10:00:00.000Z,
boris@example.org,true,2026-12-01T00:00:00.000Z,yearly,true,2024-02-01T10:00:00.000Z,\
2024-02-01T10:00:00.000Z
"""


def reader(name: str) -> Subscription:
    return Subscription.objects.get(email=f"{name}@example.org")


def test_listmonk():
    assert fates(import_file(LISTMONK)) == {"new": 1, "kept_out": 2}
    anna = reader("anna")
    assert (anna.name, anna.attributes) == ("Anna", {"city": "Oslo", "visits": 3})
    assert anna.subscribed_at.isoformat() == "2023-01-02T15:04:05.123456+00:00"
    assert reader("boris").status == reader("carl").status == "unsubscribed"


def test_mailchimp():
    batch = import_file(SUBSCRIBED, file_name="subscribed_members_export_a1b2.csv")
    assert fates(batch) == {"new": 1}, faults(batch)
    anna = reader("anna")
    assert (anna.name, anna.tags, anna.attributes) == ("Anna Ås", ["VIP, gold", "blog"], {})
    assert anna.confirmed_at.isoformat() == "2023-05-01T10:05:00+00:00"

    assert fates(import_file(UNSUBSCRIBED)) == {"kept_out": 1}
    assert reader("boris").unsubscribed_at.isoformat() == "2023-09-09T08:00:00+00:00"

    assert fates(import_file(CLEANED)) == {"kept_out": 1}
    assert reader("carl").status == "bounced"
    assert Suppression.objects.of_address("carl@example.org").exists()


def test_mailchimps_contacts_that_never_subscribed_are_refused():
    with pytest.raises(importing.UnreadableFile, match="never subscribed"):
        keep(SUBSCRIBED, file_name="nonsubscribed_members_export_a1b2.csv")


def test_substack():
    assert fates(import_file(SUBSTACK)) == {"new": 1, "kept_out": 1}
    assert reader("anna").attributes == {"active_subscription": "false", "plan": "other"}
    assert reader("boris").status == "unsubscribed"


def test_substacks_dashboard():
    content = (
        "Email,Name,Type,Stripe plan,Start date,Activity,Revenue\n"
        "anna@example.org,Anna,,free,2024-05-01T10:00:00.000000000+00:00,4,0\n"
    )
    assert fates(import_file(content)) == {"new": 1}
    assert reader("anna").attributes == {"Stripe plan": "free"}
    assert reader("anna").subscribed_at.isoformat() == "2024-05-01T10:00:00+00:00"


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_the_files_of_one_service_may_come_in_any_order(order):
    """Somebody left between two exports: he is in both, and has left."""
    left = UNSUBSCRIBED.replace("boris@", "anna@")
    for number in order:
        import_file((SUBSCRIBED, left)[number])
    assert reader("anna").status == "unsubscribed"


@pytest.mark.parametrize(
    "header",
    [
        "E-Mail-Adresse;Vorname;Nachname;Stadt",
        "Adresse e-mail;Prénom;Nom de famille;Ville",
        "Correo electrónico;Nombre de pila;Apellidos;Ciudad",
        "E-post;Fornavn;Etternavn;By",
        "EMAIL;First Name;Last Name;City",
        "Kontakt;First_Name;last-name;x",
    ],
)
def test_columns_are_guessed_in_several_languages(header):
    import_file(f"{header}\nanna@example.org;Anna;Kim;Oslo\n")
    assert reader("anna").name == "Anna Kim"
    assert list(reader("anna").attributes.values()) == ["Oslo"]
