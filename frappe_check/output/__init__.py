"""How reports are written: `rows` says what of an app, for JSON; `text` and `sarif` show that."""
