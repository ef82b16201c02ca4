"""`frappe.query_builder`: PyPika's names and Frappe's own."""

from pypika import *

from frappe_standalone.database.query_builder import Builder

DocType, Table, Field = Builder.DocType, Builder.Table, Builder.Field
get_query = Builder.get_query


def get_query_builder(type_of_db: str) -> type[Builder]:
    """The one for MariaDB's SQL, whichever database it is."""
    return Builder
