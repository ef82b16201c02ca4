"""`frappe.types.DF`: the types of a doctype's fields, for annotations."""

from datetime import date, datetime, time
from typing import Literal

Data = Text = str
Autocomplete = Attach = AttachImage = Barcode = Color = DynamicLink = Link = Data
Icon = Password = Phone = ReadOnly = Signature = Data
Code = Geolocation = HTMLEditor = JSON = LongText = MarkdownEditor = SmallText = TextEditor = Text
Int = Duration = int
Check = bool | int
Float = Currency = Percent = Rating = float
Date = str | date
Datetime = str | datetime
Time = str | time
Select = Literal
Table = TableMultiSelect = list
