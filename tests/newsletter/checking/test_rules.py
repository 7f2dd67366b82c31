"""What the check says of an issue: a table of issues and the rules that find something."""

import pytest
from django.contrib.auth.models import User

from newsletter import checking
from newsletter.checking import Level
from newsletter.checking.rules import RULES
from newsletter.models import Installation, Newsletter, Theme, TriedLink, Worker
from tests.factories import make_subscription
from tests.newsletter.sending import make_ready

pytestmark = pytest.mark.django_db

USUAL = {"worker", "reserved_sender"}
"""What the test's installation has no better of."""


def found(issue, publisher=None):
    return {finding.rule for finding in checking.check(issue, publisher=publisher).findings} - USUAL


def ready(**fields):
    return make_ready(**{"preheader": "A line", "body": "Some *words*.", **fields})


def test_nothing_speaks_against_a_plain_issue():
    assert found(ready()) == set()


@pytest.mark.parametrize(
    ("fields", "rules"),
    [
        ({"preheader": ""}, {"preheader"}),
        ({"body": " \n"}, {"body"}),
        ({"subject": "{name}"}, {"subject", "no_fallback"}),
        ({"subject": "x" * 71}, {"subject_length"}),
        ({"subject": "READ THIS NOW"}, {"shouting"}),
        ({"subject": "A TODO"}, {"unfinished"}),
        ({"preheader": "TK"}, {"unfinished"}),
        ({"body": "Lorem ipsum dolor"}, {"unfinished"}),
        ({"body": "Our kitchen: to do, todos, TKO, mastodon"}, set()),
        ({"body": "Dear {name|friend}, {email}"}, set()),
        ({"body": "Dear {name}"}, {"no_fallback"}),
        ({"body": "In {city|your town}"}, set()),
        ({"body": "In {town|your town}"}, {"unknown_fields"}),
        ({"body": "`{town}` \\{town}"}, {"foreign_fields"}),
        ({"body": "{{ settings.SECRET_KEY }}"}, {"foreign_fields"}),
        ({"body": "*|FNAME|* and %FIRST_NAME%"}, {"foreign_fields"}),
        ({"body": "words { not, a field }"}, set()),
        ({"body": "[words](https://)"}, {"empty_links"}),
        ({"body": "[words]()"}, {"empty_links"}),
        ({"body": "[words](http://news.zero2prod.dev/)"}, {"insecure", "untried"}),
        ({"body": "[words](https://news.zero2prod.dev/)"}, {"untried"}),
        ({"body": "[words](https://example.org/)"}, {"nobodys_links"}),
        ({"body": "[words](mailto:me@zero2prod.dev)"}, set()),
        ({"body": "words ![](https://example.org/a.png)"}, {"alt", "nobodys_links"}),
        ({"body": "words ![a](/images/gone.png)"}, {"lost_images"}),
        ({"body": "![a](https://example.org/a.png)"}, {"text", "nobodys_links"}),
        ({"body": "word " * 30_000}, {"size"}),
    ],
)
def test_what_is_found(fields, rules):
    make_subscription("paul@example.org", attributes={"city": "Ulm"})
    assert found(ready(**fields)) == rules


def test_every_rule_has_a_name_of_its_own_and_a_sentence():
    assert len({rule.name for rule in RULES}) == len(RULES)
    assert all(rule.says for rule in RULES)


def test_a_theme_is_looked_at_too():
    theme = Theme.objects.create(name="T", footer="![](https://example.org/a.png)")
    assert found(ready(theme=theme)) == {"alt", "nobodys_links"}


def test_an_issue_for_nobody_is_not_sent():
    issue = ready()
    issue.newsletter.subscriptions.update(status="unsubscribed")
    check = checking.check(issue)
    assert [blocker.rule for blocker in check.blockers] == ["nobody"]
    assert str(check.reach.skipped["unsubscribed"]) == "1"


def test_without_a_postal_address_nothing_is_sent():
    issue = ready()
    Newsletter.objects.update(postal_address=" ")
    issue.newsletter.refresh_from_db()
    assert found(issue) == {"postal_address"}


def test_a_sender_of_another_domain_has_to_be_looked_at():
    issue = ready()
    issue.newsletter.sender_email = "news@zero2prod.dev"
    assert found(issue) == {"sender_domain", "untried"}


def test_a_worker_that_is_alive_is_enough():
    issue = ready()
    assert "worker" in {finding.rule for finding in checking.check(issue).findings}
    Worker.objects.create(host="here", pid=1)
    assert "worker" not in {finding.rule for finding in checking.check(issue).findings}


def test_a_restored_copy_says_so():
    issue = ready()
    Installation.objects.update_or_create(defaults={"is_restored": True})
    assert "restored" in found(issue)


def test_what_was_tried_counts_for_an_hour():
    issue = ready(body="[a](https://a.zero2prod.dev/) [b](https://b.zero2prod.dev/)")
    assert found(issue) == {"untried"}

    class Asked:
        def problem(self, address):
            return "404 Not Found" if "//a." in address else ""

    assert checking.try_links(issue, Asked()) == 2
    assert found(issue) == {"broken_links"}
    assert checking.try_links(issue, Asked()) == 0
    [finding] = checking.check(issue).warnings[:1]
    assert finding.examples == ("https://a.zero2prod.dev/ (404 Not Found)",)
    TriedLink.objects.update(tried_at="2020-01-01T00:00Z")
    assert found(issue) == {"untried"}


class TestFourEyes:
    @pytest.fixture
    def writer(self, settings):
        settings.FOUR_EYES = True
        return User.objects.create_user("writer")

    @pytest.mark.parametrize("part", ["author", "edited_by"])
    def test_who_wrote_it_does_not_send_it(self, writer, part):
        issue = ready(**{part: writer})
        assert found(issue, writer) == {"four_eyes"}
        assert found(issue, User.objects.create_user("other")) == set()

    def test_it_is_a_rule_by_setting(self, writer, settings):
        settings.FOUR_EYES = False
        assert found(ready(author=writer), writer) == set()


def test_levels_are_in_the_order_of_their_weight():
    levels = [rule.level for rule in RULES]
    assert levels == sorted(levels, key=list(Level).index)


def test_what_is_no_field_is_quoted_as_it_stands():
    issue = ready(body="{{ settings.SECRET_KEY }} and {{x}}, { name }")
    [finding] = [one for one in checking.check(issue).warnings if one.rule == "foreign_fields"]
    assert finding.examples == ("{{ settings.SECRET_KEY }}", "{{x}}", "{ name }")
