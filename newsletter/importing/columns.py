"""What a column of a file is for: guessed from its name, or known from who wrote the file."""

import re
import unicodedata
from dataclasses import dataclass

from newsletter.importing.errors import ImportingError, UnreadableFile

EMAIL, NAME, FIRST_NAME, LAST_NAME = "email", "name", "first_name", "last_name"
STATUS, LANGUAGE, SOURCE, TAGS, ATTRIBUTES = "status", "language", "source", "tags", "attributes"
SUBSCRIBED_AT, CONFIRMED_AT, UNSUBSCRIBED_AT = "subscribed_at", "confirmed_at", "unsubscribed_at"
BOUNCED_AT, IS_OFF = "bounced_at", "is_off"
ATTRIBUTE, LEFT_OUT = "attribute", ""

FIELDS = {
    EMAIL: "E-mail address",
    NAME: "Name",
    FIRST_NAME: "First name",
    LAST_NAME: "Last name",
    STATUS: "Status",
    TAGS: "Tags",
    LANGUAGE: "Language",
    SOURCE: "Where the reader came from",
    SUBSCRIBED_AT: "Signed up on",
    CONFIRMED_AT: "Confirmed on",
    UNSUBSCRIBED_AT: "Left on",
    BOUNCED_AT: "Bounced on",
    IS_OFF: "Wants no mail (true or false)",
    ATTRIBUTES: "Attributes as JSON",
}
"""What a column can be, beside an attribute of its own name or left out."""

TELLING = frozenset({STATUS, UNSUBSCRIBED_AT, BOUNCED_AT, IS_OFF})
"""Columns that say who is a reader and who has left."""

_NAMES = {
    EMAIL: "email mail emailaddress mailaddress emailadresse mailadresse adressemail courriel "
    "adresseemail correo correoelectronico direcciondecorreo indirizzoemail posta epost "
    "epostadress eposta sahkoposti adresemail contactemail subscriberemail primaryemail "
    "почта email1",
    NAME: "name fullname displayname nom nomcomplet nombre nombrecompleto nome nomecompleto naam "
    "navn namn vollername imie subscribername имя",
    FIRST_NAME: "firstname givenname vorname prenom nombredepila primernombre primeironome "
    "voornaam fornavn fornamn fname etunimi imie1",
    LAST_NAME: "lastname surname familyname nachname familienname nomdefamille apellido apellidos "
    "cognome sobrenome achternaam etternavn efternamn lname sukunimi nazwisko фамилия",
    STATUS: "status state subscriberstatus subscriptionstatus zustand statut estado stato tila "
    "emailstatus статус",
    TAGS: "tags tag labels schlagworte schlagworter stichworte etiquettes etiquetas etichette "
    "groups gruppen groupes grupos",
    LANGUAGE: "language lang locale sprache langue idioma lingua taal sprak",
    SUBSCRIBED_AT: "subscribedat subscribed createdat created signupdate dateadded optintime "
    "subscriptiondate datesubscribed startdate angemeldetam anmeldedatum dateinscription "
    "fechadealta datadiiscrizione",
    CONFIRMED_AT: "confirmedat confirmtime confirmeddate bestatigtam dateconfirmation",
    UNSUBSCRIBED_AT: "unsubscribedat unsubtime unsubscribedate unsubscribed abgemeldetam "
    "datedesinscription fechadebaja",
    BOUNCED_AT: "bouncedat cleantime bouncedate",
    IS_OFF: "emaildisabled optout optedout doublenomail",
}
_FIELD_OF = {name: field for field, names in _NAMES.items() for name in names.split()}


@dataclass(frozen=True, slots=True)
class Format:
    """A program's export, recognised by columns that nobody else has."""

    name: str
    title: str
    signature: frozenset[str]
    fields: dict[str, str]
    left_out: frozenset[str] = frozenset()


OWN = Format(
    "zero2prod",
    "zero2prod",
    frozenset(
        {EMAIL, NAME, STATUS, LANGUAGE, SOURCE, TAGS, ATTRIBUTES, SUBSCRIBED_AT, CONFIRMED_AT}
        | {UNSUBSCRIBED_AT}
    ),
    {},
)
_MAILCHIMPS_OWN = frozenset(
    {"member_rating", "optin_ip", "confirm_ip", "latitude", "longitude", "gmtoff", "dstoff"}
    | {"timezone", "cc", "region", "last_changed", "leid", "euid", "notes"}
    | {"unsub_campaign_title", "unsub_campaign_id", "unsub_reason", "unsub_reason_other"}
    | {"clean_campaign_title", "clean_campaign_id"}
)
FORMATS = (
    OWN,
    # https://listmonk.app/docs/querying-and-segmentation/#export: created_at is the sign-up.
    Format(
        "listmonk",
        "listmonk",
        frozenset({"uuid", "email", "name", "attributes", "status", "created_at", "updated_at"}),
        {"created_at": SUBSCRIBED_AT},
        frozenset({"uuid", "updated_at"}),
    ),
    # https://mailchimp.com/help/view-export-contacts/: one file for each kind of contact.
    Format(
        "mailchimp",
        "Mailchimp",
        frozenset({"email address", "leid", "euid"}),
        {
            "email address": EMAIL,
            "first name": FIRST_NAME,
            "last name": LAST_NAME,
            "optin_time": SUBSCRIBED_AT,
            "confirm_time": CONFIRMED_AT,
            "unsub_time": UNSUBSCRIBED_AT,
            "clean_time": BOUNCED_AT,
            "tags": TAGS,
        },
        _MAILCHIMPS_OWN,
    ),
    # https://support.substack.com/hc/en-us/articles/360037466012: the file of all subscribers, and
    # the one that its dashboard gives of a selection.
    Format(
        "substack",
        "Substack",
        frozenset({"email", "active_subscription", "plan", "email_disabled"}),
        {"email_disabled": IS_OFF, "created_at": SUBSCRIBED_AT},
        frozenset({"expiry", "first_payment_at"}),
    ),
    Format(
        "substack",
        "Substack",
        frozenset({"email", "stripe plan", "start date", "activity"}),
        {"start date": SUBSCRIBED_AT, "type": ATTRIBUTE},
        frozenset({"activity", "revenue", "cancel date"}),
    ),
)
_NEVER_SUBSCRIBED = re.compile(r"non-?_?subscribed", re.IGNORECASE)


def recognise(columns: list[str], file_name: str = "") -> Format | None:
    """Return whose export this is; raise UnreadableFile for one of people who never subscribed."""
    names = {column.lower() for column in columns}
    for candidate in FORMATS:
        if candidate.signature <= names:
            if candidate.name == "mailchimp" and _NEVER_SUBSCRIBED.search(file_name):
                raise UnreadableFile(
                    "These are Mailchimp's contacts that never subscribed. They are not imported."
                )
            return candidate
    return None


def guess(columns: list[str], samples: list[list[str]], known: Format | None) -> list[str]:
    """Return for each column its field, ATTRIBUTE or LEFT_OUT; no field twice."""
    found: list[str] = []
    for column in columns:
        field = _field_of(column, known)
        found.append(ATTRIBUTE if field in FIELDS and field in found else field)
    if EMAIL not in found:
        _find_addresses(found, samples)
    return found


def chosen(columns: list[str], guessed: list[str], named: dict[str, str]) -> list[str]:
    """Return the guess with an operator's own choice: field or attribute by the column's name."""
    mapping = list(guessed)
    for field, column in named.items():
        if column not in columns:
            names = ", ".join(columns)
            raise ImportingError(f"The file has no column {column!r}. It has: {names}.")
        if field in mapping:
            mapping[mapping.index(field)] = ATTRIBUTE
        mapping[columns.index(column)] = field if field in FIELDS else f"{ATTRIBUTE}:{field}"
    return mapping


def _field_of(column: str, known: Format | None) -> str:
    name = column.lower()
    if known is OWN:
        return name if name in FIELDS else ATTRIBUTE
    if known is not None and name in known.fields:
        return known.fields[name]
    if known is not None and name in known.left_out:
        return LEFT_OUT
    if name in FIELDS:
        return name
    return _FIELD_OF.get(_plain(name), ATTRIBUTE)


def _plain(name: str) -> str:
    """Return a name without accents, spaces and signs: `E-Mail-Adresse` is `emailadresse`."""
    letters = unicodedata.normalize("NFKD", name)
    return "".join(letter for letter in letters if letter.isalnum())


def _find_addresses(found: list[str], samples: list[list[str]]) -> None:
    """Take the first column that has an @ in every sample for the address."""
    for number in range(len(found)):
        cells = [row[number] for row in samples if number < len(row)]
        if cells and all("@" in cell for cell in cells):
            found[number] = EMAIL
            return
