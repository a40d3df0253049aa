"""Text for people: names quoted in messages, counts, and lines that are safe to print."""


def shown(name: str) -> str:
    """A name that a file made up, as a message quotes it: on one line and no longer than names are."""
    name = " ".join(name.split())
    return name if len(name) <= 60 else f"{name[:60]} …"


def printable(line: str) -> str:
    """The line with everything that is not to be printed escaped: file names may hold line breaks and worse."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in line)


def counted(number: int, noun: str, plural: str = "") -> str:
    """A number with its noun: ``1 note``, ``2 notes``; ``plural`` where it is not the noun with an s."""
    return f"{number} {noun if number == 1 else plural or noun + 's'}"


def printable_title(text: str) -> str:
    """A title without what matplotlib takes for formulas, and without what is no text."""
    text = text.encode("utf-8", "replace").decode().replace("$", r"\$")
    return "".join(c if c.isprintable() else "?" for c in text)
