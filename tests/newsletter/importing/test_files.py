"""Files as programs write them, and files that are none."""

import codecs
import csv
import gzip
import io
import zipfile

import pytest

from newsletter import importing
from newsletter.importing import Layout, UnreadableFile, encodings
from newsletter.models import Import, ImportPart, Subscription
from tests.newsletter.importing.files import fates, faults, import_file, keep

pytestmark = pytest.mark.django_db

TEXT = "E-Mail;Name;Ort\r\nzoe@example.org;Zoë Nováková;Málaga\r\nå@b.example.org;Åse;Bodø\r\n"
WESTERN = "E-Mail;Name;Ort\r\nzoe@example.org;Zoë “Z” Müller;Málaga\r\nb@example.org;Åse;Bodø\r\n"


def layout(batch: Import) -> Layout:
    return Layout(**batch.layout)


@pytest.mark.parametrize(
    ("octets", "encoding"),
    [
        (TEXT.encode(), "utf-8"),
        (TEXT.encode("utf-8-sig"), "utf-8"),
        (codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"), "utf-16"),
        (codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"), "utf-16"),
        (WESTERN.replace("“Z” ", "").encode("utf-16-le"), "utf-16"),
        (WESTERN.replace("“Z” ", "").encode("cp1252"), "windows-1252"),
    ],
    ids=["utf-8", "mark", "little", "big", "no mark", "windows"],
)
def test_each_encoding_is_recognised_and_said(octets, encoding):
    batch = import_file(octets)
    assert layout(batch).encoding == encoding
    reader = Subscription.objects.get(email="zoe@example.org")
    assert reader.name.startswith("Zoë")
    assert reader.attributes == {"Ort": "Málaga"}


@pytest.mark.parametrize(
    "octets",
    [
        "email;name\nivan@x.example;Дмитрий\n".encode("cp1251"),
        "email;name\na@example.org;Łukasz Żółć\n".encode("cp1250"),
        "email;name\na@example.org;Łukasz\n".encode("cp1250"),
        "email;name\na@example.org;Jiří Dvořáček\n".encode("cp1250"),
        "email;name\na@example.org;Erdős Pál\n".encode("cp1250"),
        "email;name\na@example.org;Ayşe Güneş\n".encode("cp1254"),
        "email;name\na@example.org;René Müller\n".encode("mac-roman"),
        TEXT.encode() + "b@example.org;Zoë\n".encode("cp1252"),
        b"email\na@example.org\n\xff\xfe\x81\n",
    ],
    ids=["cyrillic", "polish", "lukasz", "czech", "magyar", "turkish", "mac", "mixed", "noise"],
)
def test_what_is_not_surely_windows_1252_is_not_taken_for_it(octets):
    with pytest.raises(UnreadableFile, match="not UTF-8"):
        keep(octets)
    assert Import.objects.get().state == Import.State.FAILED


def test_a_stated_encoding_is_believed():
    batch = import_file("email;name\na@example.org;Łukasz\n".encode("cp1252", "replace"))
    assert layout(batch).encoding == "utf-8"
    octets = "email;name\na@example.org;ÆØÅ\n".encode("cp1252")
    with pytest.raises(UnreadableFile):
        keep(octets)
    import_file(octets, encoding=encodings.WINDOWS_1252, update=True)
    assert Subscription.objects.get().name == "ÆØÅ"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_delimiters_and_line_ends_are_recognised(delimiter, line_end):
    rows = [
        ["email", "name", "note"],
        ["a@example.org", "Ada, K", "x;y"],
        ["b@example.org", "B", ""],
    ]
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator=line_end).writerows(rows)
    assert fates(import_file(text.getvalue())) == {"new": 2}
    assert Subscription.objects.get(email="a@example.org").attributes == {"note": "x;y"}


def test_excel_says_the_delimiter_in_a_first_line():
    batch = import_file("sep=;\r\nemail;name\r\na@example.org;Ada\r\nnobody;B\r\n")
    assert Subscription.objects.get().name == "Ada"
    assert [fault[0] for fault in faults(batch)] == [4]


def test_a_bare_list_of_addresses_needs_no_names_of_columns():
    batch = import_file("a@example.org,Ada\nb@example.org,Bo\n")
    assert layout(batch).columns == ["Column 1", "Column 2"]
    assert fates(batch) == {"new": 2}


def test_quoted_line_breaks_stay_in_their_cell():
    import_file('email,note\r\na@example.org,"two\r\nlines, ""quoted"""\r\nb@example.org,x\r\n')
    assert Subscription.objects.get(email="a@example.org").attributes == {
        "note": 'two\r\nlines, "quoted"'
    }


def test_a_stray_quotation_mark_costs_one_line():
    content = 'email,name\na@example.org,"Ada\n' + "".join(
        f"r{number}@example.org,R\n" for number in range(20)
    )
    batch = import_file(content)
    assert faults(batch) == [(2, "", "The quotation marks of this line cannot be understood.")]
    assert fates(batch) == {"new": 20}


def test_a_file_of_quotation_marks_is_given_up():
    content = "email,name\na@example.org,A\n" + 'b@example.org,"x" y\n' * 1100
    batch = import_file(content)
    assert batch.state == Import.State.FAILED
    assert "broken quotation marks" in batch.error
    assert not Subscription.objects.exists()


def test_huge_cells_and_lines_cost_their_row_only():
    huge = f"b@example.org,{'x' * 200_000}\nc@example.org,{'y' * 10_000_000}\n"
    batch = import_file(f"email,note\na@example.org,1\n{huge}d@example.org,2\n")
    assert fates(batch) == {"new": 2}
    assert [fault[0] for fault in faults(batch)] == [3, 4]


def zipped(name: str = "a.csv") -> bytes:
    octets = io.BytesIO()
    with zipfile.ZipFile(octets, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, b"\0" * 1_000_000)
    return octets.getvalue()


@pytest.mark.parametrize(
    ("octets", "sentence"),
    [
        (b"", "The file is empty"),
        (b"\n \r\n\n", "The file is empty"),
        (b"email,name\n", "no readers below"),
        (b"\xef\xbb\xbf", "The file is empty"),
        (b"\xff\xfe", "The file is empty"),
        (zipped(), "ZIP archive"),
        (zipped("../../../etc/passwd"), "ZIP archive"),
        (gzip.compress(b"email\na@example.org\n"), "compressed"),
        (b"%PDF-1.7\n...", "PDF"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" * 20, "Excel workbook"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" * 10, "NUL bytes"),
        (b"email,name\na@example.org,\0\n", "NUL bytes"),
        (b"<html><body>email</body></html>", "HTML"),
        (b'{"email": "a@example.org"}', "JSON"),
        (b",".join(b"c%d" % number for number in range(1_000_000)) + b"\n", "cannot|columns|1 MB"),
        (b",".join(b"c%d" % number for number in range(300)) + b"\na@example.org\n", "200 columns"),
        (b"\xff\xfe" + b"a\0b", "UTF-16"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_no_readers_can_be_in_is_refused_in_a_sentence(octets, sentence):
    with pytest.raises(UnreadableFile, match=sentence):
        keep(octets)
    assert Import.objects.get().state == Import.State.FAILED
    assert not Subscription.objects.exists()
    while importing.tidy():
        pass
    assert not ImportPart.objects.exists()


def test_a_file_above_the_limit_is_refused_before_it_is_read_to_its_end():
    batch = importing.begin(
        newsletter=keep("email\na@example.org\n").newsletter, source="x", file_name="a"
    )

    def endless():
        while True:
            yield b"a@example.org\n" * 10_000

    with pytest.raises(importing.FileTooLarge, match="more than 2 MB"):
        importing.keep_file(batch, endless(), limit=2 * 1024**2)


def test_a_path_for_a_name_is_only_a_name():
    assert keep("email\na@example.org\n", file_name="..\\..\\x/y\n.csv").file_name == "y.csv"
