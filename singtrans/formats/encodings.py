"""Detection of the encoding of text: Unicode, or the encoding that gives the least unusual characters."""

import unicodedata
from dataclasses import dataclass

_ENCODINGS = {
    "cp932": "Shift-JIS (Japanese)",
    "gb18030": "GBK (Chinese)",
    "big5": "Big5 (Chinese)",
    "euc_kr": "EUC-KR (Korean)",
    "cp1251": "Windows-1251 (Cyrillic)",
    "cp1252": "Windows-1252 (Western European)",
    "cp1250": "Windows-1250 (Central European)",
}
_RUSSIAN = frozenset("абвгдежзийклмнопрстуфхцчшщъыьэюяё")
_ALPHABETS = (
    *(
        "äöüß",
        "éèêëàâçîïôùûüœæ",
        "áéíóúñü¿¡",
        "àèéìíòóùú",
        "ãõáéíóúâêôàçü",
        "åäöøæé",
        "éèëïöü",
        "àèéíïòóúüç",
        "áðéíóúýþæö",
    ),
    *("ąćęłńóśźż", "áčďéěíňóřšťúůýž", "áäčďéíĺľňóôŕšťúýž", "áéíóöőúüű", "čćđšž", "ăâîşţ"),
)
"""Non-ASCII letters of European languages, one string per language: first Western Europe, then Central Europe."""

_LATIN = frozenset("".join(_ALPHABETS))
_COMMON_LEADS = {"gb18030": (0xB0, 0xD7), "big5": (0xA4, 0xC6), "cp932": (0x88, 0x97)}
"""Range of the first bytes of common characters in each encoding."""

_QUOTES = frozenset("‘’“”„–—…«»·、。，！？「」『』（）：；～")


_SAMPLED = 65_536  # number of bytes for detecting UTF-16 without a byte order mark


@dataclass(frozen=True, slots=True)
class Decoded:
    """Text with LF line endings, and the name of its encoding, which is empty for Unicode."""

    text: str
    encoding: str = ""


def decode_text(content: bytes) -> Decoded | None:
    """Decode text in UTF-8, UTF-16 or another common encoding; return None if the content is not text."""
    text, encoding = _unicode(content), ""
    if text is None and b"\0" not in content:
        text, encoding = decode_words(content)
    if text is None or "\0" in text:
        return None
    return Decoded(text.replace("\r\n", "\n").replace("\r", "\n"), encoding)


def _unicode(content: bytes) -> str | None:
    """Decode Unicode; return None for other text.

    Text without a byte order mark is UTF-16 if it has many null bytes, all of them at even or all at odd positions.
    """
    encoding = "utf-8-sig"
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encoding = "utf-16"
    elif b"\0" in content[:_SAMPLED]:
        first, second = content[:_SAMPLED:2].count(0), content[1:_SAMPLED:2].count(0)
        encoding = "utf-16-le" if second > first else "utf-16-be"
        if max(first, second) < min(len(content), _SAMPLED) // 8 or min(first, second):
            return None
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        return None
    is_guess = encoding in ("utf-16-le", "utf-16-be")
    return None if is_guess and any(ord(c) < 32 and c not in "\t\n\r\f" for c in text) else text


def decode_words(content: bytes) -> tuple[str, str]:
    """Decode text in an unknown encoding other than Unicode.

    Returns:
        The text, and the name of the encoding.
    """
    texts = {}
    for encoding in _ENCODINGS:
        try:
            texts[encoding] = content.decode(encoding)
        except UnicodeDecodeError:
            continue
    if not texts:
        return content.decode("cp1252", "replace"), _ENCODINGS["cp1252"]
    best = min(texts, key=lambda encoding: _strangeness(texts[encoding], encoding))
    if {best, "cp1250", "cp1252"} <= set(texts) and best in ("cp1250", "cp1252"):
        # The bytes are letters in both encodings. The one in which they fit a single language is more likely.
        best = next((e for e in ("cp1252", "cp1250") if _is_one_language(texts[e])), best)
    return texts[best], _ENCODINGS[best]


def _is_one_language(text: str) -> bool:
    """Return whether all non-ASCII letters of a text belong to a single European language."""
    letters = {c for c in text.lower() if ord(c) > 127 and c not in _QUOTES}
    return any(letters <= set(alphabet) for alphabet in _ALPHABETS)


def _strangeness(text: str, encoding: str) -> float:
    """Compute how unusual a text is, as the mean penalty of its non-ASCII bytes.

    Rare characters, and characters that do not fit the previous one, have penalties.
    """
    total = count = 0.0
    before = " "
    for character in text:
        if ord(character) > 127:
            size = len(character.encode(encoding, "replace"))
            count += size
            total += size * _character(character, encoding) + (2.0 if _clashes(before, character) else 0.0)
        before = character
    return total / count if count else 0.0


def _character(character: str, encoding: str) -> float:
    low, name = character.lower(), unicodedata.name(character, "")
    if name.startswith("CJK UNIFIED"):
        first, last = _COMMON_LEADS.get(encoding, (0xFF, 0x00))
        return 0.12 if first <= character.encode(encoding)[0] <= last else 1.0
    if name.startswith(("HIRAGANA", "KATAKANA")):
        return 0.0
    if low in _RUSSIAN or low in _LATIN or name.startswith("HANGUL SYLLABLE"):
        return 0.1
    if character in _QUOTES:
        return 0.2
    if unicodedata.category(character)[0] == "L":
        return 0.4 if name.startswith("CYRILLIC") else 0.6
    return 1.5


def _clashes(before: str, character: str) -> bool:
    """Return whether a letter is unlikely after another: a capital inside a word, or a letter of another script."""
    if not before.isalpha() or not character.isalpha():
        return False
    if before.islower() and character.isupper():
        return True
    scripts = [unicodedata.name(c, "").split(" ")[0] for c in (before, character)]
    return scripts[0] != scripts[1] and "LATIN" in scripts
