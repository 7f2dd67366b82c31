"""Server time of every page of the admin with a million readers: `python -m benchmarks.desk`.

Each page is asked for through Django's test client, so that the time is that of the server alone:
middleware, views, templates, database. `--here` measures the database that DATABASE_URL names as it
is, instead of a new one that is filled first.
"""

import argparse
import os
import statistics
import time
from collections.abc import Iterator

from benchmarks.common import Manage, database

LIMIT_MS = 300
SEARCHES = (
    "?p=100",
    "?q=reader-0500",
    "?q=maya",
    "?q=example",
    "?q=zzzzqqq",
    "?tag=press",
    "?tag=customer&p=50",
    "?language=fr&tag=vip",
    "?status=confirmed&tag=press",
    "?status=bounced",
    "?status=unsubscribed&q=silva",
    "?o=6",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--here", action="store_true", help="measure the database as it is")
    parser.add_argument("--readers", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="", help="pages whose address has this part")
    options = parser.parse_args()
    if options.here:
        measure(options)
        return
    with database() as url:
        manage = Manage(url, port=9, connections=1)
        manage("migrate", "--verbosity", "0")
        manage("demo_data", "--subscriptions", str(options.readers))
        manage("shell", "--no-imports", "-c", FILL)
        os.environ["DATABASE_URL"] = url
        measure(options)


FILL = """
from django.db import connection
from newsletter import figures, publishing
from newsletter.models import Delivery, IssueCount, Newsletter
newsletter = Newsletter.objects.get(slug="default")
for number in range(3):
    publishing.publish_keyed(newsletter=newsletter, subject=f"Issue {number}", body="Text")
    while publishing.expand_one(): pass
with connection.cursor() as cursor:
    cursor.execute('''
        UPDATE newsletter_delivery SET next_at = NULL, finished_at = now(), attempts = 1,
            state = CASE WHEN random() < 0.01 THEN 'failed' ELSE 'sent' END''')
    cursor.execute('''
        UPDATE newsletter_delivery SET error_code = '550 5.1.1' WHERE state = 'failed' ''')
    cursor.execute('''
        UPDATE newsletter_subscription SET unsubscribed_at = now(), status = CASE
            WHEN random() < 0.1 THEN 'bounced' ELSE 'unsubscribed' END WHERE random() < 0.05''')
publishing.finish_done()
IssueCount.objects.refresh()
figures.refresh()
with connection.cursor() as cursor:
    cursor.execute("VACUUM ANALYZE newsletter_delivery, newsletter_subscription")
"""


def measure(options: argparse.Namespace) -> None:
    """Print the median and the longest of some rounds, and how many pages were too slow."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.local"
    import django  # noqa: PLC0415 - the database has to be known before

    django.setup()
    import logging  # noqa: PLC0415

    from django.conf import settings  # noqa: PLC0415
    from django.db import connection, transaction  # noqa: PLC0415
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415

    logging.disable(logging.CRITICAL)
    settings.ALLOWED_HOSTS = ["testserver"]
    slow = 0
    with transaction.atomic():
        client = superuser()
        for address in pages():
            if options.only not in address:
                continue
            client.get(address)  # what is read from the disk or compiled only once
            times = []
            for _ in range(options.rounds):
                with CaptureQueriesContext(connection) as queries:
                    started = time.perf_counter()
                    answer = client.get(address)
                    times.append(1000 * (time.perf_counter() - started))
            median = statistics.median(times)
            slow += median > LIMIT_MS
            print(
                f"{answer.status_code} {median:6.0f} ms, at most {max(times):5.0f}"
                f" {len(queries):3} queries  {address}{'  TOO SLOW' * (median > LIMIT_MS)}",
                flush=True,
            )
        transaction.set_rollback(True)
    print(f"{slow} pages took longer than {LIMIT_MS} ms  (load {os.getloadavg()[0]:.1f})")


def superuser():  # type: ignore[no-untyped-def]
    """Return a client of somebody who may see everything; he is rolled back with the rest."""
    from django.contrib.auth.models import User  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415

    client = Client()
    client.force_login(User.objects.create_superuser("benchmark", "benchmark@example.org"))
    return client


def pages() -> Iterator[str]:
    """Yield the list, the form and one row of every model, and the searches of readers."""
    from django.contrib import admin  # noqa: PLC0415
    from django.urls import reverse  # noqa: PLC0415

    yield reverse("admin:index")
    for model, desk in admin.site._registry.items():  # noqa: SLF001 - no public list of them
        name = f"admin:{desk.opts.app_label}_{desk.opts.model_name}"
        changelist = reverse(f"{name}_changelist")
        yield changelist
        yield reverse(f"{name}_add")
        row = model.objects.order_by("-pk").first()
        if row is not None:
            yield reverse(f"{name}_change", args=[row.pk])
        if desk.opts.model_name == "subscription":
            yield from (f"{changelist}{search}" for search in SEARCHES)
    yield from issue_pages()
    yield f"{reverse('admin:newsletter_delivery_changelist')}?q=reader-0500"
    yield reverse("doctor")


def issue_pages() -> Iterator[str]:
    """Yield the pages below the largest issues: how they went, their mails by group, one reader."""
    from django.urls import reverse  # noqa: PLC0415

    from newsletter.models import Delivery, Issue  # noqa: PLC0415

    for issue in Issue.objects.published().order_by("-audience_size", "-pk")[:3]:
        for page in ("watch", "watch_fragment", "why"):
            yield reverse(f"admin:newsletter_issue_{page}", args=[issue.pk])
        for state in Delivery.State.values:
            yield reverse("admin:newsletter_issue_mails", args=[issue.pk, state])


if __name__ == "__main__":
    main()
