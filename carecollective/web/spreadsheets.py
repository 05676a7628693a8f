"""What is written for a spreadsheet, which takes a text that begins like a formula for one (CSV injection)."""


def cell(value: object) -> str:
    text = str(value)
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
