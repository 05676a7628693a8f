"""Display names: what members may be called, what others see of it, and which names imitate somebody (homoglyphs)."""

import unicodedata
from typing import Any

from django.conf import settings
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from carecollective.ground import texts
from carecollective.ground.folding import fold
from carecollective.ground.refusals import ValidationFailed

NAME_LENGTH = (1, 100)
# What stands in the name's place once somebody has left; the database lets nobody else be called so.
FORMER_MEMBER = "A former member"

SENTENCES = {
    "former_member": _("This stands for members who have left. Write another name."),
    "reserved": _("This name could be taken for the team. Write your own name."),
}

# --- What others see -------------------------------------------------------------------------------------------------


def full_name(name: str) -> str:
    return gettext("A former member") if name == FORMER_MEMBER else name


def short_name(name: str) -> str:
    """First name and initial: the first letter of the last part that begins with one. A flag or "(she/her)" is none."""
    if name == FORMER_MEMBER:
        return full_name(name)
    parts = name.split(" ")
    if len(parts) == 2 and name.isascii() and parts[0].isalpha() and parts[1].isalpha():  # as most are
        return f"{parts[0]} {parts[1][0]}."
    first = next((n for n, part in enumerate(parts, 1) if any(map(str.isalpha, part))), len(parts))
    last = next((part for part in reversed(parts[first:]) if part[:1].isalpha()), "")
    shown = " ".join(parts[:first])
    return f"{shown} {_first_letter(last)}." if last else shown


def through_the_team(name: str) -> str:
    """Whom the team asks for, who has no account: where others are called by their name."""
    return gettext("%(name)s (through the team)") % {"name": name}


def first_name(name: str) -> str:
    return name.partition(" ")[0]


def is_shown_whole(name: str) -> bool:
    """A name of one word: there is no initial to make of it."""
    return short_name(name) == name


def _first_letter(word: str) -> str:
    """With the marks that belong to it, and in India's scripts with the letters that a virama binds to it."""
    end = 1
    while end < len(word) and (_is_mark(word[end]) or _binds(word[end - 1])):
        end += 1
    return word[:end]


def _is_mark(character: str) -> bool:
    return unicodedata.category(character).startswith("M") or character in texts.JOINERS


def _binds(character: str) -> bool:
    return unicodedata.combining(character) == 9 or character == texts.JOINERS[1]


# --- What somebody may be called -------------------------------------------------------------------------------------

# Each stands alone or beside others: nobody is born with it.
ROLES = """
admin admins administrator administrators administrador administradora administradores administradoras coordinator
coordinators coordinador coordinadora coordinadores coordinadoras moderator moderators moderador moderadora moderadores
moderadoras superuser sysadmin webmaster
"""
# And these are no name where there is nothing else beside them.
OFFICES = """
administracion administration ayuda care care-team community comunidad coordinacion coordination equipo help helpdesk
mod moderacion moderation mods official oficial personal root security seguridad service servicio sistema soporte staff
support system team
"""
BESIDE = "a an and de del el for la las los nuestro of our para s the y your"
FORMER = (FORMER_MEMBER, "Former member", "Una persona que ya no es miembro")

# Letters of other scripts that look like Latin ones: from Unicode's "confusables" (UTS 39), as far as folding leaves
# them and a font of our time has them. The libraries that carry the whole list are either not kept up or far larger.
LOOKS_LIKE = {
    "a": "ɑαаᎪᗅꓮ", "b": "ƅβвьᏏᏴᑲᖯᗷꓐꞴ", "c": "σсᏟᴄⲤⲥꓚꮯ", "d": "ԁᎠᏧᑯᗞᗪꓒꓓ", "e": "εеҽᎬⴹꓰꬲ", "f": "ϝքᖴẝꓝꞘꞙꬵ",
    "g": "ƍɡԍցᏀᏳᶃꓖ", "h": "ηнһհᎻᏂᕼⲎꓧ", "j": "ϳјᎫᒍꓙꞲ", "k": "κкᏦᛕⲔꓗ", "l": "ǀɩɪιіӏᎥꙇꭵᏞᒪᛁⲒⳐⵏꓡꓲi1", "m": "μϻмᎷᗰᛖⲘꓟ",
    "n": "νпռոⲚꓠ", "o": "σοоօ०০੦૦ଠ୦௦౦೦ഠ൦๐໐ဝ၀ჿዐᴏᴑⲞⲟⵔꓳꬽ0", "p": "ρрᏢᑭⲢⲣꓑ", "q": "ԛգզⵕ", "r": "ʀгᎡᏒᖇᴦⲅꓣꭇꭈꮁ",
    "s": "ƽѕտᏕᏚꓢꜱꮪ5", "t": "τтᎢⲦꓔ", "u": "ʋυսሀᑌᴜꓴꞟꭎꭒ", "v": "ѵᏙᐯᴠⴸꓦꛟꮩ", "w": "ɯѡԝաᎳᏔᴡꓪꮃ", "x": "χхᕁᕽᚷⲬⵝꓫꞳ",
    "y": "ɣʏγуүყᎩᎽᶌỿⲨꓬꭚ", "z": "ζᏃᴢꓜꮓ",
}  # fmt: skip
_LOOKS = str.maketrans({other: letter for letter, others in LOOKS_LIKE.items() for other in others})
_SIGNS = str.maketrans("@$|!", "aslI")


def skeleton(name: str) -> list[str]:
    """The words of a name as they look: two names with one skeleton can be mistaken for each other."""
    looks = fold(name.translate(_SIGNS)).translate(_LOOKS)
    return looks.replace("rn", "m").replace("vv", "w").split()


def _skeletons(listed: str) -> set[str]:
    return {"".join(skeleton(word)) for word in listed.split()}


_ROLES, _OFFICES, _BESIDE = map(_skeletons, (ROLES, OFFICES, BESIDE))
_FORMER = ["".join(skeleton(name)) for name in FORMER]


def problem_with(name: str) -> str | None:
    """What is wrong with a cleaned name: what is wrong with any text, `former_member`, `reserved`, or None."""
    problem = texts.problem_with(name, *NAME_LENGTH, one_line=True, marks=texts.MARKS_IN_A_NAME)
    if problem:
        return problem
    words = skeleton(name)
    if "".join(words) in _FORMER:
        return "former_member"
    return "reserved" if _is_the_teams(words) or _is_the_communitys(words) else None


def _is_the_teams(words: list[str]) -> bool:
    if _ROLES & {*words, "".join(words)}:
        return True
    left = set(words) - _BESIDE
    return bool(left) and left <= _OFFICES


def _is_the_communitys(words: list[str]) -> bool:
    community = skeleton(settings.COMMUNITY_NAME)
    if not community:
        return False
    if len(community) > 1 and f" {' '.join(community)} " in f" {' '.join(words)} ":
        return True
    own = [word for word in words if word in community or word not in _OFFICES | _BESIDE]
    return own == community or "".join(words) == "".join(community)


def fault_in(name: str, *, before: str = "", is_staff: bool = False) -> tuple[str, str] | None:
    """The code and the sentence of what is wrong with a cleaned name, for whoever has the name `before` now: what
    somebody is called already, they may stay, and the team may be called what it is.
    """
    problem = problem_with(name)
    if not problem or (problem in SENTENCES and name == before) or (problem == "reserved" and is_staff):
        return None
    if problem in SENTENCES:
        return problem, str(SENTENCES[problem])
    return problem, str(texts.as_error("name", problem, *NAME_LENGTH)["detail"])


def cleaned(name: str, **whose: Any) -> str:
    """The name as it is kept. Raises ValidationFailed; `whose` is as for `fault_in`."""
    name = texts.clean(name, one_line=True)
    if fault := fault_in(name, **whose):
        raise ValidationFailed([{"field": "name", "code": fault[0], "detail": fault[1]}])
    return name
