"""What the tests of what must not break share with those of the pages."""

from tests.web.conftest import browser

__all__ = ["browser"]
