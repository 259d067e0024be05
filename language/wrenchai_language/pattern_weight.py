r"""What a pattern of `matches` costs. Pure.

The library's search never takes more steps than text times pattern, so no pattern is a trap by backtracking; but it
reads the pattern anew at each call, and a counted repetition is as large as what it stands for: `(.{60}){60}` takes
1.4 s over 48 KB, `\w{500}` 80 ms to be refused. One unit is about 66 ns of reading.
"""

import re

from wrenchai_language.cel_extension import compiled

MAX_WEIGHT = 150_000
"""Some 10 ms to read: `\\w{57}` or `.{3400}`."""

_PIECE = re.compile(r"\\[pP](?:\{[^}]*\}|.)|\\.|\{(?P<times>\d*,?\d*)\}|\[\^?\]?|.", re.DOTALL)
_FLAGS = re.compile(r"\(\?([a-zA-Z]*)")
_PLAIN, _ANY, _DIGIT, _LETTERS, _EITHER_CASE = 4, 44, 320, 2_600, 100
_WIDE = {"\\d": _DIGIT, "\\D": _DIGIT, "\\s": _DIGIT, "\\S": _DIGIT, ".": _ANY}
_WIDE |= dict.fromkeys(["\\w", "\\W", "\\b", "\\B"], _LETTERS)


def pattern_problem(pattern: str) -> str | None:
    """Why `pattern` may not be searched for; None if it may."""
    if "x" in "".join(_FLAGS.findall(pattern)):
        return "a pattern has no x flag here"
    if weight_of(pattern) > MAX_WEIGHT:
        return "this pattern is too large: what it counts, as in {60}, is written out so many times"
    try:
        compiled("''.matches(pattern)").execute({"pattern": pattern})
    except RuntimeError as problem:
        reason = str(problem).rpartition("error: ")[2].partition(". Check")[0]
        return f"this is no pattern: {reason.splitlines()[-1]}"
    return None


def weight_of(pattern: str) -> int:
    """How much a pattern costs to read."""
    plain = _EITHER_CASE if "i" in "".join(_FLAGS.findall(pattern)) else _PLAIN
    groups = [0]
    last = brackets = 0
    for piece in _PIECE.finditer(pattern):
        text = piece[0]
        if text[0] == "[":
            brackets += 1
            groups.append(_ANY)
        elif text == "(" and not brackets:
            groups.append(plain)
        elif len(groups) > 1 and text == ("]" if brackets else ")"):
            brackets -= brackets > 0
            last = groups.pop()
            groups[-1] += last
        elif piece["times"] and not brackets:
            times = max((int(number) for number in piece["times"].split(",") if number), default=0)
            groups[-1] += last * times
            last *= 1 + times
        else:
            last = _LETTERS if text[:2] in ("\\p", "\\P") else _WIDE.get(text, plain)
            groups[-1] += last
    return sum(groups)
