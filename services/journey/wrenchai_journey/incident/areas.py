"""What part of a system a message speaks of, and what its specialist makes of it; pure."""

import re
from typing import Literal

from wrenchai_contracts.shape import Frozen

Area = Literal["database", "network", "memory", "application"]

_SIGNS: tuple[tuple[Area, re.Pattern[str]], ...] = (
    (
        "memory",
        re.compile(
            r"out of memory|\boom\b|oom-?kill|heap space|memoryerror|cannot allocate|gc overhead|\bswap\b"
            r"|memory limit",
            re.IGNORECASE,
        ),
    ),
    (
        "database",
        re.compile(
            r"\bsql|postgres|psycopg|mysql|mariadb|sqlite|mongo|redis|oracle|deadlock|database|\bdb\b"
            r"|connection pool|pool exhausted|too many (clients|connections)|transaction|replica"
            r"|relation <text> does not exist",
            re.IGNORECASE,
        ),
    ),
    (
        "network",
        re.compile(
            r"connection (refused|reset|closed|timed ?out|aborted)|connect(ion)? timeout|timed? ?out|\bdns\b"
            r"|name resolution|unreachable|\b(tls|ssl)\b|certificate|socket|broken pipe|\beconn\w+"
            r"|upstream|bad gateway|no route to host",
            re.IGNORECASE,
        ),
    ),
)

_KNOWN: dict[Area, tuple[tuple[str, str, tuple[str, ...]], ...]] = {
    "memory": (
        (
            r"oom-?kill|killed process|out of memory",
            "A process was ended, or could not go on, because memory ran out.",
            (
                "Compare the memory limit with the peak in the hour before.",
                "Look for what grew: a cache, a queue, one large request.",
            ),
        ),
        (
            r"heap space|gc overhead|memoryerror|cannot allocate",
            "An allocation failed inside a process.",
            ("Take a heap profile under the same load.", "Find the largest input handled at that time."),
        ),
    ),
    "database": (
        (
            r"too many (clients|connections)|pool exhausted|connection pool|remaining connection slots",
            "No connection was free: too many were open, or they were held too long.",
            (
                "Count open and idle connections by client at that time.",
                "Look for long transactions that held connections.",
            ),
        ),
        (
            r"deadlock",
            "Transactions waited for each other, and the database ended one of them.",
            (
                "Find the two statements in the database's own log.",
                "Take locks in one order, or retry the transaction.",
            ),
        ),
        (
            r"connection.{0,40}(refused|reset|closed|timed? ?out)|not connect|server closed|terminating connection",
            "The database could not be reached, or left.",
            (
                "See whether the database restarted or failed over at that time.",
                "Look at the network between client and database.",
            ),
        ),
        (
            r"timed? ?out|statement timeout|canceling statement|lock wait",
            "A statement took longer than it may.",
            (
                "Look at the slowest statements and what they waited for.",
                "Compare the number of rows and the plan with the day before.",
            ),
        ),
        (
            r"does not exist|no such (table|column)|undefined (table|column)",
            "The schema is not the one that the program expects.",
            ("See which migration ran, and in which order with the release.",),
        ),
        (
            r"disk full|no space left|could not extend",
            "The database had no room left.",
            ("Look at the disk's use over time.",),
        ),
    ),
    "network": (
        (
            r"refused|econnrefused",
            "Nothing listened at the address: the other side was down or not yet up.",
            ("See whether the other side restarted at that time.", "Check the address and port that were configured."),
        ),
        (
            r"certificate|\btls\b|\bssl\b",
            "A secure connection could not be made.",
            ("Look at when the certificate ends and who issued it.", "Compare the clocks of both sides."),
        ),
        (
            r"\bdns\b|name resolution|resolve host|unknown host",
            "A name could not be resolved.",
            ("Ask the resolver that this machine uses for the name.",),
        ),
        (
            r"timed? ?out|timeout",
            "No answer came in time: the other side was slow, or the way to it lost packets.",
            ("Compare the other side's own latency at that time.", "Look at retries: do they add to the load?"),
        ),
        (
            r"reset|broken pipe|closed|aborted",
            "The other side ended a connection that was in use.",
            ("See whether the other side or a proxy restarted.", "Compare idle timeouts of both sides."),
        ),
        (
            r"upstream|bad gateway|unreachable|no route",
            "A proxy could not reach what stands behind it.",
            ("Look at the health of what stands behind the proxy at that time.",),
        ),
    ),
    "application": (
        (
            r"\b(NullPointer|AttributeError|TypeError|NoneType|undefined)",
            "The program met a value that it did not expect.",
            (
                "Find the first trace of this kind, and what was released before it.",
                "Add the input that led to it as a test.",
            ),
        ),
        (
            r"\b(KeyError|IndexError|ValueError|ValidationError|parse|decode|invalid)",
            "The program was given data that it could not read.",
            ("Keep one such input, and see where it came from.", "Refuse it at the edge with a reason."),
        ),
        (
            r"permission|denied|unauthori[sz]ed|forbidden|token expired",
            "Access was refused.",
            ("See which right or secret changed, and when.",),
        ),
        (r"no space left|disk (is )?full", "A disk was full.", ("Look at the disk's use over time, and what grew.",)),
        (
            r"config|environment variable|missing setting",
            "The program's settings were not complete.",
            ("Compare the settings with those of the release before.",),
        ),
    ),
}


class Diagnosis(Frozen):
    """What a specialist makes of one finding; `is_known` is False where no rule fits, and then nothing is claimed."""

    finding: str
    area: Area
    is_known: bool
    cause: str
    checks: tuple[str, ...]


def area_of(template: str, component: str) -> Area:
    """The first area whose signs the message has, or else the component's name; without any, the application."""
    for text in (template, component):
        for area, signs in _SIGNS:
            if signs.search(text):
                return area
    return "application"


def diagnosed(finding: str, area: Area, template: str) -> Diagnosis:
    """By the first rule of the area that fits."""
    for signs, cause, checks in _KNOWN[area]:
        if re.search(signs, template, re.IGNORECASE):
            return Diagnosis(finding=finding, area=area, is_known=True, cause=cause, checks=checks)
    ask = f"Ask who knows the {area} what this message means; then write a rule for it."
    unknown = "No rule fits; the cause is not known."
    return Diagnosis(finding=finding, area=area, is_known=False, cause=unknown, checks=(ask,))
