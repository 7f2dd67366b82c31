"""A member at the door of a site that asks for two steps."""

import pytest

from tests.staff import give_phone, make_member


@pytest.fixture(autouse=True)
def two_steps(settings):
    settings.STAFF_TWO_STEP_REQUIRED = True


@pytest.fixture
def ursula(db):
    """A publisher without a second step."""
    return make_member("ursula", "publisher")


@pytest.fixture
def phone(ursula):
    """The app on Ursula's phone, which is set up."""
    return give_phone(ursula)
