"""Synthesiser voices and the sounds of their languages, for `recipe.sung_words` and `recipe.make_songs`."""

import importlib.util
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import soundfile
import soxr

from recipe.synthesis.voices import VoiceFrames, analyse

FLITE, FESTIVAL, PICO, FAR = "flite", "festival", "pico", "far"


@dataclass(frozen=True)
class Language:
    """Sounds of the syllables of a language, as lists separated by spaces.

    Attributes:
        onsets: consonants before the vowel.
        vowels: vowels; every syllable contains one.
        codas: consonants after the vowel that every voice of the language supports.
    """

    onsets: str
    vowels: str
    codas: str = "n m l s t k d z"


# In espeak-ng's phonemes, which differ by language; in X-SAMPA for SVOX Pico, which ignores unknown symbols,
# including diphthongs and affricates without a tie; for the voices of flite and Festival in phonemes that end with an
# underscore. Festival inserts silence if a voice lacks a pair of sounds; such pairs are left out.
ENGLISH = Language(
    "b d f g h j k l m n p r s S t tS T v w z br dr fl gr kl pl sl st sw tr", "i: eI aI oU u: A: O: a E I V 3:"
)
LANGUAGES = {
    "en-us": ENGLISH,
    "en-gb": ENGLISH,
    "it": Language("b d f g k l m n p r s t tS v br dr pr st tr", "a e i o u"),
    "de": Language("b d f g h j k l m n p R s S t v z bl br dr fl kl St tr", "a: e: i: o: u: aI aU a E I O"),
    "es": Language("b d f g k l m n p r s t x tr pl", "a e i o u"),
}
FAR_LANGUAGES = {
    "cmn-latn-pinyin": Language(
        "p ph m f t th n l k kh X tS; tS;h S; ts. ts.h s. z. ts tsh s j w kw Xw s.w lj mj",
        "A A ai ei Au ou o u i a @ y iou iE uo",
        "n",
    ),
    "ja": Language("k s t n m r` w b d g z p h j S ts kj r`j", "a i u e o", "n"),
    "fr-fr": Language("b d f g k l m n p r s S t v z Z j w br tr pl st", "a e E i O o u y Y O~ A~ E~"),
    "pt-br": Language("b d f g k l m n p r s S t v z Z x pr tr", "a e i o u &U~ eI iU", "n l s"),
    "hi": Language("b d f g h k l m n p r s S t dZ tS v j", "a: i: u: e: o: a", "n m l s t k d"),
    "pl": Language("b d f g k l m n p r s S t v z Z x j w pr st", "a E i O u y"),
}
AMERICAN_ONSETS = (
    "b_ d_ f_ g_ hh_ jh_ k_ l_ m_ n_ p_ r_ s_ sh_ t_ ch_ v_ w_ y_ z_ b_r_ d_r_ f_l_ g_r_ k_l_ p_l_ s_l_ s_t_ s_w_"
)
PICO_ENGLISH_ONSETS = "b d f g h j k l m n p s S t t_S T v w z fl kl pl sl st sw"
VOICE_LANGUAGES = {
    FLITE: Language(AMERICAN_ONSETS, "iy_ ey_ ay_ ow_ uw_ aa_ ao_ ae_ eh_ ih_ ah_ er_"),
    "american": Language(AMERICAN_ONSETS, "iy_ ey_ ay_ ow_ uw_ aa_ ao_ ih_ ah_ er_"),
    "italian": Language(
        "b_ d_ f_ g_ k_ l_ m_ n_ p_ r_ s_ t_ tS_ dZ_ S_ v_ J_ L_ b_r_ d_r_ p_r_ s_t_ t_r_ k_r_ p_l_",
        "a1_ e1_ i1_ o1_ u1_ E1_ O1_",
        "n m l s t k",
    ),
    "czech": Language(
        "b_ c_ c~_ d_ f_ g_ h_ ch_ j_ k_ l_ m_ n_ n~_ p_ r_ s_ s~_ t_ v_ z_ z~_ s_t_ p_r_ k_r_ t_r_ b_l_ p_l_",
        "a_ e_ i_ o_ u_",
        "n m l s t k",
    ),
    "hindi": Language(
        "b_ ch_ dh_ g_ h_ j_ k_ l_ m_ n_ p_ r_ s_ sh_ v_ y_ kh_ bh_", "aa_ iy_ uw_ ee_ oh_ ay_ a_", "n m l s k"
    ),
    "finnish": Language("d_ h_ j_ k_ m_ n_ p_ r_ s_ t_ v_", "a:_ e:_ i:_ o:_ u:_ y:_ @:_ 7:_", "n s t k"),
    "en-US": Language(
        "b d f g h j k l m n p s S t t_S T v w z fl kl pl sl st sw", "i: e_I a_I o_U u: A: O: { E I V 3:"
    ),
    "en-GB": Language(
        "b d f g h j k l m n p s S t t_S T v w z fl kl pl sl st sw", "i: e_I a_I @_U u: A: O: { E I V 3:"
    ),
    "de-DE": Language("b d f g h j k l m n p R s S t v z bl bR dR fl kl St tR t_s", "a: e: i: o: u: y: a_I a_U E I O"),
    "es-ES": Language("b d f g k l m n p r s t x tr pl t_S", "a e i o u", "n m l s t k d"),
    "fr-FR": Language("b d f g k l m n p R s S t v z Z j w bR tR pl st", "a e E i O o u y 2"),
    "it-IT": Language("b d f g k l m n p r s t t_S S v br dr pr st tr", "a e i o u", "n m l s t k d"),
}
ALL_LANGUAGES = LANGUAGES | FAR_LANGUAGES | VOICE_LANGUAGES
VOICES = {  # map from variants of espeak-ng to their lowest and highest MIDI number
    **dict.fromkeys(("m1", "m2", "m4", "m5", "m6", "m8", "john", "max", "Michael", "benjamin"), (42, 66)),
    **dict.fromkeys(("f1", "f3", "f5", "Annie", "belinda", "linda", "steph", "Alicia", "Andrea"), (55, 79)),
}
# Map from voices of a single language to this language, and their lowest and highest MIDI number
OWN_VOICES = {
    FLITE: {
        "awb": (FLITE, (44, 66)),
        "kal16": (FLITE, (42, 64)),
        "rms": (FLITE, (42, 64)),
        "slt": (FLITE, (55, 77)),
    },
    FESTIVAL: {
        "lp_diphone": ("italian", (55, 77)),
        "pc_diphone": ("italian", (42, 64)),
        "czech_dita": ("czech", (55, 77)),
        "czech_krb": ("czech", (58, 79)),
        "czech_machac": ("czech", (42, 64)),
        "czech_ph": ("czech", (42, 64)),
        "kal_diphone": ("american", (42, 64)),
        "ked_diphone": ("american", (42, 64)),
        "hindi_NSK_diphone": ("hindi", (42, 66)),
        "suo_fi_lj_diphone": ("finnish", (55, 77)),
        "hy_fi_mv_diphone": ("finnish", (42, 64)),
    },
    PICO: {name: (name, (52, 77)) for name in ("en-US", "en-GB", "de-DE", "es-ES", "fr-FR", "it-IT")},
}
FESTVOX = {  # map from Festival's voices to Debian's packages
    "lp_diphone": "festvox-italp16k",
    "pc_diphone": "festvox-itapc16k",
    "czech_dita": "festvox-czech-dita",
    "czech_krb": "festvox-czech-krb",
    "czech_machac": "festvox-czech-machac",
    "czech_ph": "festvox-czech-ph",
    "kal_diphone": "festvox-kallpc16k",
    "ked_diphone": "festvox-kdlpc16k",
    "hindi_NSK_diphone": "festvox-hi-nsk",
    "suo_fi_lj_diphone": "festvox-suopuhe-lj",
    "hy_fi_mv_diphone": "festvox-suopuhe-mv",
}
SILENCES = {"american": "pau", "hindi": "pau"}  # symbol of silence in Festival's voices; the others use "#"
SPOKEN_RATE = 22_050  # Hz, of the recordings from Festival and espeak-ng
PHONE_SECONDS, VOWEL_SECONDS = 0.08, 0.3  # lengths of sounds that Festival speaks


@lru_cache(64)  # enough for a melody; a syllable takes half a megabyte
def speak_by_flite(phonemes: str, voice: str) -> VoiceFrames:
    """Speak a syllable with flite, and analyse it with WORLD.

    This function replaces ``make.speak`` for flite's voices.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "syllable.wav"
        spoken = " ".join(["pau", *phonemes.replace("'", "").split("_"), "pau"])
        command = ["flite", "-voice", voice.partition("+")[2], "-p", spoken, "-o", str(path)]
        subprocess.run(command, check=True, capture_output=True)
        samples, rate = soundfile.read(path)
    return analyse(samples, rate, careful=True)


@lru_cache(64)
def speak_by_festival(phonemes: str, voice: str) -> VoiceFrames:
    """Speak a syllable with Festival, and analyse it with WORLD.

    This function replaces ``make.speak`` for Festival's voices.

    Raises:
        LookupError: if the voice lacks a diphone of the syllable, which Festival would replace with silence.
    """
    language, _, name = voice.partition("+")
    limits = OWN_VOICES[FESTIVAL][name][1]
    hertz = 440 * 2 ** ((sum(limits) / 2 - 4 - 69) / 12)  # near the pitch of the voice's recordings
    silence = SILENCES.get(language, "#")
    onset, _, rest = phonemes.partition("'")
    vowel, *coda = (part for part in rest.split("_") if part)
    phones = [(silence, 0.15), *((part, PHONE_SECONDS) for part in onset.split("_") if part), (vowel, VOWEL_SECONDS)]
    phones += [*((part, PHONE_SECONDS) for part in coda), (silence, 0.2)]
    segments = " ".join(f"({phone} {s} (0.001 {hertz:.0f}) ({s - 0.001:.3f} {hertz:.0f}))" for phone, s in phones)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "syllable.wav"
        spoken = f'(utt.save.wave (utt.synth (Utterance Segments ({segments}))) "{path}")'
        command = ["festival", "-b", f"(begin (voice_{name}) {spoken})"]
        said = subprocess.run(command, check=True, capture_output=True)
        if b"default diphone" in said.stderr:
            raise LookupError(f"{voice} cannot say {phonemes}: {said.stderr.decode(errors='replace').strip()}")
        samples, rate = soundfile.read(path)
    return analyse(soxr.resample(samples, rate, SPOKEN_RATE), SPOKEN_RATE, careful=True)


@lru_cache(64)
def speak_by_pico(phonemes: str, voice: str) -> VoiceFrames:
    """Speak a syllable with SVOX Pico, and analyse it with WORLD.

    This function replaces ``make.speak`` for Pico's voices.
    """
    import ttspico

    spoken = phonemes.replace("'", "")
    pcm = ttspico.TtsEngine(voice.partition("+")[2]).speak(f'<phoneme ph="{spoken}"/>')
    return analyse(np.frombuffer(pcm, np.int16) / 32768, 16000, careful=True)


def missing_in_festival() -> str | None:
    """Describe Festival's missing voices, or why Festival does not run; return None if no voice is missing."""
    names = " ".join(f"voice_{voice}" for voice in OWN_VOICES[FESTIVAL])
    # Festival prints the installed voices, so that an empty output means that voices are missing.
    asked = f"(mapcar (lambda (name) (if (boundp name) (print name))) '({names}))"
    answer = subprocess.run(["festival", "-b", asked], check=False, capture_output=True, text=True, errors="replace")
    if answer.returncode:
        complaint = answer.stderr.strip().partition("\n")[0]
        return f"festival does not run: {complaint or f'it ends with code {answer.returncode}'}"
    known = answer.stdout.split()
    voices = [voice for voice in OWN_VOICES[FESTIVAL] if f"voice_{voice}" not in known]
    if not voices:
        return None
    lacking, them = ("voices", "them") if len(voices) > 1 else ("voice", "it")
    packages = " ".join(FESTVOX[voice] for voice in voices)
    return f"festival lacks the {lacking} {', '.join(voices)}: install {them} (Debian: apt-get install {packages})"


def missing(kind: str) -> str | None:
    """Describe the missing program for a kind of recordings; return None if it is installed."""
    if kind == PICO:
        return None if importlib.util.find_spec("ttspico") else "ttspico is missing: pip install ttspico"
    program = kind if kind in (FLITE, FESTIVAL) else "espeak-ng"
    if not shutil.which(program):
        return f"{program} is missing: install it (Debian: apt-get install {program})"
    return missing_in_festival() if kind == FESTIVAL else None


SPEAK = {FLITE: speak_by_flite, FESTIVAL: speak_by_festival, PICO: speak_by_pico}
