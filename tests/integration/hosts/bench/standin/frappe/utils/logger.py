import logging

import frappe

default_log_level = logging.ERROR


def get_logger(module):
    name = f"{module}-{frappe.local.site}"
    if name not in frappe.loggers:
        logger = frappe.loggers[name] = logging.getLogger(name)
        logger.setLevel(frappe.log_level or default_log_level)
        logger.propagate = False
        logger.addHandler(logging.FileHandler(f"../{module}.log"))
    return frappe.loggers[name]


def set_log_level(level):
    frappe.log_level = getattr(logging, level)
    frappe.loggers = {}
