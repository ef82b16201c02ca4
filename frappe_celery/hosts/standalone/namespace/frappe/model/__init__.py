"""`frappe.model`."""

default_fields = (
    "doctype",
    "name",
    "owner",
    "creation",
    "modified",
    "modified_by",
    "docstatus",
    "idx",
)
child_table_fields = ("parent", "parentfield", "parenttype")
optional_fields = ("_user_tags", "_comments", "_assign", "_liked_by", "_seen")
table_fields = ("Table", "Table MultiSelect")
numeric_fieldtypes = ("Currency", "Int", "Long Int", "Float", "Percent", "Check")
float_like_fields = {"Float", "Currency", "Percent"}
datetime_fields = {"Datetime", "Date", "Time"}
attachment_fieldtypes = ("Attach", "Attach Image")
display_fieldtypes = (
    *("Section Break", "Column Break", "Tab Break", "HTML", "Button", "Image", "Fold"),
    "Heading",
)
no_value_fields = (*display_fieldtypes, *table_fields)
data_fieldtypes = (
    *numeric_fieldtypes,
    *datetime_fields,
    *attachment_fieldtypes,
    *("Data", "Link", "Dynamic Link", "Select", "Password", "Read Only", "Phone", "Autocomplete"),
    *("Small Text", "Text", "Long Text", "Code", "Text Editor", "Markdown Editor", "HTML Editor"),
    *("Rating", "Signature", "Color", "Barcode", "Geolocation", "Duration", "Icon", "JSON"),
)
