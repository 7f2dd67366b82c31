"""The editor at the desk: a session with the admin over HTTP, form by form."""

import re
from html import unescape
from typing import Any

import requests

PASSWORD = "a long and quiet password"


class Desk:
    """A browser without a screen: cookies, CSRF tokens and hidden fields as in the pages."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._session = requests.Session()

    def log_in(self, name: str = "editor", password: str = PASSWORD) -> requests.Response:
        return self.fill_in("/admin/login/?next=/admin/", username=name, password=password)

    def get(self, path: str) -> requests.Response:
        return self._session.get(self._url + path, timeout=30)

    def read(self, path: str) -> str:
        """Return the words of a page, without its tags."""
        return " ".join(unescape(re.sub(r"<[^>]+>", "", self.get(path).text)).split())

    def send(self, page: str) -> requests.Response:
        """Check an issue, accept every warning and press the button."""
        warnings = re.findall(r'name="accept" value="(\w+)"', self.get(f"{page}/publish/").text)
        return self.fill_in(f"{page}/publish/", accept=warnings, when="now")

    def fill_in(self, path: str, **fields: Any) -> requests.Response:
        """Open a form, fill it in and press its button."""
        form = self.get(path)
        assert form.ok, form.text
        hidden = {
            name: unescape(value)
            for tag in re.findall(r'<input type="hidden"[^>]*>', form.text)
            for name, value in re.findall(r'name="([^"]*)" value="([^"]*)"', tag)
        }
        chosen = {
            name: unescape(value)
            for name, options in re.findall(
                r'<select name="([^"]*)"[^>]*>(.*?)</select>', form.text, flags=re.DOTALL
            )
            for value in re.findall(r'<option value="([^"]*)" selected', options)
        }
        headers = {"Referer": form.url}
        return self._session.post(
            form.url, {**hidden, **chosen, **fields}, headers=headers, timeout=30
        )
