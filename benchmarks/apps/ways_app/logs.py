"""Logging and warnings, of the whole process."""

import logging
import warnings

import frappe
from lookout import beyond, way

APP, OF_APP, OF_LIBRARY = (
    *(logging.getLogger("ways_app"), logging.getLogger("ways_app.logs")),
    logging.getLogger("paylib"),
)
_showwarning, _formatwarning = warnings.showwarning, warnings.formatwarning
_factory, _raises = logging.getLogRecordFactory(), logging.raiseExceptions
_class, _last = logging.getLoggerClass(), logging.lastResort


class Left(logging.Handler):
    """A handler with a tenant's secret."""

    def emit(self, record):
        pass


class LeftFilter(logging.Filter):
    pass


def _left(things):
    return any(isinstance(one, (Left, LeftFilter)) for one in things)


@way(lambda: logging.root.manager.disable)
def disabled(tenant):
    logging.disable(logging.CRITICAL)


@way(lambda: logging.root.level == 17)
def level_of_root(tenant):
    logging.root.setLevel(17)


@way(lambda: _left(logging.root.handlers))
def handler_of_root(tenant):
    logging.root.addHandler(Left())


@way(lambda: logging.getLogger("paylib").level == 17)
def level_of_a_library(tenant):
    OF_LIBRARY.setLevel(17)


@way(lambda: logging.getLogger("urllib3").level == 17)
def level_of_a_logger_that_others_have(tenant):
    logging.getLogger("urllib3").setLevel(17)


@way(lambda: APP.level)
def level_of_the_app(tenant):
    APP.setLevel(logging.CRITICAL)


@way(lambda: OF_APP.handlers)
def handler_of_the_app(tenant):
    OF_APP.addHandler(Left())


@way(lambda: OF_APP.filters)
def filter_of_the_app(tenant):
    OF_APP.addFilter(LeftFilter(tenant))


@way(lambda: _left(OF_LIBRARY.handlers))
def handler_of_a_library(tenant):
    OF_LIBRARY.addHandler(Left())


@way(lambda: _left(OF_LIBRARY.filters))
def filter_of_a_library(tenant):
    OF_LIBRARY.addFilter(LeftFilter(tenant))


@beyond(lambda: _left(f for h in (*logging.root.handlers, _last) for f in h.filters))
def filter_of_a_handler(tenant):
    for handler in logging.root.handlers[:1] or [_last]:
        handler.addFilter(LeftFilter(tenant))


@beyond(lambda: not OF_APP.propagate)
def propagation(tenant):
    OF_APP.propagate = False


@beyond(lambda: APP.disabled)
def logger_disabled(tenant):
    APP.disabled = True


@beyond(lambda: logging.getLogRecordFactory() is not _factory)
def record_factory(tenant):
    logging.setLogRecordFactory(lambda *words, **options: _factory(*words, **options))


@beyond(lambda: logging.getLoggerClass() is not _class)
def logger_class(tenant):
    logging.setLoggerClass(type("Left", (_class,), {}))


@beyond(lambda: logging.getLevelName(17) != "Level 17")
def level_name(tenant):
    logging.addLevelName(17, tenant)


@way(lambda: logging.raiseExceptions != _raises)
def exceptions_of_handlers(tenant):
    logging.raiseExceptions = not _raises


@way(lambda: logging.lastResort is not _last)
def last_resort(tenant):
    logging.lastResort = Left()


@way(lambda: logging.getLogger("frappe").level == 17)
def level_of_frappe(tenant):
    logging.getLogger("frappe").setLevel(17)


@way(lambda: frappe.logger().level == 17)
def level_of_frappes_own(tenant):
    frappe.logger().setLevel(17)


@way(lambda: any("left by" in str(one) for one in warnings.filters))
def warning_filter(tenant):
    warnings.filterwarnings("ignore", message="left by")


@way(lambda: any(one[2] is ResourceWarning and one[0] == "error" for one in warnings.filters))
def warnings_as_errors(tenant):
    warnings.simplefilter("error", ResourceWarning)


@way(lambda: warnings.showwarning is not _showwarning)
def show_warning(tenant):
    warnings.showwarning = lambda *words, **options: _showwarning(*words, **options)


@way(lambda: warnings.formatwarning is not _formatwarning)
def format_warning(tenant):
    warnings.formatwarning = lambda *words, **options: _formatwarning(*words, **options)
