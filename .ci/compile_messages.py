# ruff: noqa: INP001 - a step of `make messages`, not a part of the product
"""Compile the translations: locale/*/LC_MESSAGES/django.po to django.mo."""

from pathlib import Path

import polib

for path in sorted(Path("locale").glob("*/LC_MESSAGES/django.po")):
    polib.pofile(str(path)).save_as_mofile(str(path.with_suffix(".mo")))
