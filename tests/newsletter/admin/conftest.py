"""Staff at the door."""

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client


@pytest.fixture
def editor(db):
    """A client of somebody who may do everything."""
    client = Client(enforce_csrf_checks=False)
    client.force_login(User.objects.create_superuser("editor", "editor@example.org"))
    return client


@pytest.fixture
def onlooker(db):
    """A client of staff who may look at issues and change nothing."""
    user = User.objects.create_user("onlooker", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_issue"))
    client = Client()
    client.force_login(user)
    return client
