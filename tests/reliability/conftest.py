"""Databases for the tests of what must not break."""

from __future__ import annotations

import pytest

LONG = pytest.mark.long
