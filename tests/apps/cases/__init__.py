"""Documents of our own for functions of real apps; a file an app."""

from tests.apps.cases import (  # noqa: F401
    ecommerce_integrations,
    hrms,
    india_compliance,
    lms,
    press,
)
