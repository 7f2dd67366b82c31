"""What a sender's connection plans once must hold for a ledger of any size."""

from newsletter.delivery.advance_statement import ADVANCE
from newsletter.delivery.ledger import DUE_STREAMS, Ledger

_PARAMETERS = ("token", "records", "next_ids", "provider", "all_ids")


def scans(node):
    """Yield each scan of an index in a plan."""
    if node["Node Type"] in {"Seq Scan", "Index Scan", "Index Only Scan", "Bitmap Index Scan"}:
        yield node
    for part in node.get("Plans", []):
        yield from scans(part)


def test_a_plan_for_a_small_ledger_reads_no_whole_table(connect, promise):
    promise(60)
    worker = connect()
    worker.execute("ANALYZE newsletter_delivery, newsletter_subscription")
    Ledger(worker).tune()
    places = {name: f"${number}" for number, name in enumerate(_PARAMETERS, start=1)}
    worker.execute(f"PREPARE step (uuid, text, text, text, text) AS {ADVANCE % places}")
    plan = worker.execute(
        "EXPLAIN (FORMAT JSON) EXECUTE step (gen_random_uuid(), '[]', '{}', 'x', '{}')"
    ).fetchone()[0]
    # There are never many issues.
    found = [scan for scan in scans(plan[0]["Plan"]) if scan.get("Alias") != "issue"]
    assert len(found) == 4  # ledger twice, reader, provider
    assert [scan for scan in found if "Index Cond" not in scan] == []


def test_one_due_mail_of_a_stream_is_enough(connect, promise):
    promise(60)
    worker = connect()
    Ledger(worker).tune()
    (plan,) = worker.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {DUE_STREAMS}").fetchone()
    of_mails = [scan for scan in scans(plan[0]["Plan"]) if scan["Alias"] != "issue"]
    assert [scan["Actual Rows"] for scan in of_mails] == [0, 1]
