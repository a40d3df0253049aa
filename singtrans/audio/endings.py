"""File name endings by which recordings are recognised in folders."""

# fmt: off
AUDIO_SUFFIXES: frozenset[str] = frozenset((
    # sound
    ".wav", ".wave", ".bwf", ".rf64", ".w64", ".flac", ".ogg", ".oga", ".opus", ".spx", ".mp3", ".mp2", ".mp1",
    ".mpga", ".mpa", ".m2a", ".aif", ".aiff", ".aifc", ".aff", ".au", ".snd", ".caf", ".m4a", ".m4b", ".m4r", ".qta",
    ".aac", ".adts", ".loas", ".latm", ".ac3", ".eac3", ".ec3", ".ac4", ".amr", ".awb", ".3ga", ".ape", ".mac", ".apl",
    ".wv", ".tta", ".tak", ".shn", ".ofr", ".mpc", ".mp+", ".mka", ".weba", ".wma", ".dts", ".dtshd", ".mlp", ".thd",
    ".truehd", ".voc", ".sph", ".nist", ".sds", ".avr", ".paf", ".fap", ".pvf", ".htk", ".ircam", ".sf", ".iff",
    ".8svx", ".svx", ".16sv", ".sd2", ".wve", ".xi", ".dsf", ".dff", ".gsm", ".dss", ".oma", ".omg", ".aa3", ".at3",
    ".aa", ".aax", ".ra", ".rka", ".osq", ".qoa", ".bonk", ".iamf", ".isma", ".vqf", ".vqe", ".vql", ".lc3",
    ".sln", ".g722", ".722", ".g723_1", ".g728", ".g729", ".c2", ".sbc", ".msbc", ".aptx", ".aptxhd", ".dfpwm",
    ".alac",
    # videos
    ".mp4", ".m4v", ".mov", ".qt", ".mkv", ".mk3d", ".webm", ".avi", ".divx", ".wmv", ".asf", ".flv", ".f4v", ".f4a",
    ".f4b", ".3gp", ".3gpp", ".3g2", ".3gp2", ".mpg", ".mpeg", ".mpe", ".vob", ".evo", ".ts",
    ".mts", ".m2ts", ".m2t", ".tod", ".trp", ".tp", ".ogv", ".ogx", ".ogm", ".rm", ".rmvb", ".mxf", ".gxf",
    ".nut", ".dv", ".dif", ".wtv", ".ismv", ".ism", ".psp", ".mj2", ".dav", ".viv", ".ivr", ".kux", ".ty", ".ty+",
    ".nsv", ".amv",
))
# fmt: on
"""Lower-case file name endings by which recordings are recognised in folders.

These are all endings that PyAV or libsndfile knows, except `OTHER_SUFFIXES`, and further endings that recorders and
cameras use for the same formats. A file that the user names is read regardless of its ending.
"""

# fmt: off
OTHER_SUFFIXES: frozenset[str] = frozenset((
    # pictures, subtitles, text and raw streams of pictures
    ".264", ".265", ".266", ".302", ".ans", ".apv", ".aqt", ".art", ".asc", ".avc", ".avif", ".avs", ".avs2", ".avs3",
    ".bit", ".bitpacked", ".cdg", ".cgi", ".cif", ".diz", ".evc", ".flm", ".gif", ".h261", ".h264", ".h265", ".h266",
    ".h26l", ".heic", ".heif", ".hevc", ".ice", ".idf", ".idx", ".ifv", ".ipu", ".j2k", ".jxl", ".mcc", ".mjpeg",
    ".mjpg", ".mks", ".mpl2", ".mpo", ".mxg", ".nfo", ".obu", ".pdv", ".pjs", ".qcif", ".rcv", ".rgb", ".rt", ".sami",
    ".sbg", ".scc", ".smi", ".stl", ".sub", ".sup", ".txt", ".v", ".v210", ".vc1", ".vt", ".vtt", ".vvc", ".webvtt",
    ".y4m", ".yuv", ".yuv10",
    # raw samples without a header, and endings that other kinds of files also have
    ".al", ".dat", ".daud", ".raw", ".sb", ".sw", ".ub", ".ul", ".uw", ".mat4", ".mat5", ".mpc2k", ".str", ".cdata",
    # sounds and films of games
    ".acm", ".adf", ".adp", ".ads", ".adx", ".aea", ".afc", ".aix", ".apc", ".ast", ".bcstm", ".bfstm", ".binka",
    ".bmv", ".brstm", ".cdxl", ".dtk", ".fsb", ".fwse", ".genh", ".hca", ".imx", ".laf", ".lvf", ".mca", ".mods",
    ".moflex", ".msf", ".mtaf", ".musx", ".mvi", ".nsp", ".rco", ".rsd", ".rso", ".sdns", ".sdr2", ".sdx", ".ser",
    ".sga", ".son", ".ss2", ".svag", ".svs", ".tco", ".usm", ".vag", ".vb", ".vpk", ".wa", ".way", ".wsd", ".xl",
    ".xmd", ".xmv", ".xvag", ".yop",
))
# fmt: on
"""Endings that PyAV or libsndfile knows, but that are not treated as endings of recordings in folders."""
