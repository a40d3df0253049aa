"""Label files as tests write them."""


def hz(midi):
    return 440 * 2 ** ((midi - 69) / 12)


def written(path, text, encoding="utf-8"):
    path.write_bytes(text.encode(encoding))
    return path
