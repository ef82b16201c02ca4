r"""Half characters (lone surrogates) in texts: what `open(errors="surrogateescape")` makes of bytes
that are no UTF-8. Jobs carry them, and no output, database or key of Redis takes them.
"""


def escaped(text: str) -> str:
    r"""The text with `\udce9` written out for a half character."""
    return text if text.isascii() else text.encode(errors="backslashreplace").decode()
