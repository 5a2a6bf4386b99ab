"""Text that every store can keep."""


def clean_text(text: str) -> str:
    """`text` without lone surrogates and NUL characters, each replaced by U+FFFD."""
    if text.isascii() and "\x00" not in text:
        return text
    text = text.replace("\x00", "\ufffd")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        # Surrogate pairs that were cut apart and stand side by side become one character.
        joined = text.encode("utf-16-le", "surrogatepass")
        return joined.decode("utf-16-le", "replace")
    return text
