"""Naming a licence from its text, by the words only that licence has; pure."""

import re

from wrenchai_journey.portfolio.facts import Found

FILES = ("LICENSE", "LICENSE.md", "LICENSE.txt", "LICENCE", "LICENCE.md", "COPYING", "COPYING.md", "LICENSE.rst")

MARKS: tuple[tuple[str, str], ...] = (
    (r"GNU AFFERO GENERAL PUBLIC LICENSE\s+Version 3", "AGPL-3.0"),
    (r"GNU LESSER GENERAL PUBLIC LICENSE\s+Version 3", "LGPL-3.0"),
    (r"GNU LESSER GENERAL PUBLIC LICENSE\s+Version 2\.1", "LGPL-2.1"),
    (r"GNU GENERAL PUBLIC LICENSE\s+Version 3", "GPL-3.0"),
    (r"GNU GENERAL PUBLIC LICENSE\s+Version 2", "GPL-2.0"),
    (r"Apache License\s+Version 2\.0", "Apache-2.0"),
    (r"Mozilla Public License,? Version 2\.0", "MPL-2.0"),
    (r"This is free and unencumbered software released into the public domain", "Unlicense"),
    (r"CC0 1\.0 Universal", "CC0-1.0"),
    (r"PostgreSQL (Database Management System|License)", "PostgreSQL"),
    (r"Permission to use, copy, modify,? and(/or)? distribute this software for any purpose", "ISC"),
    (r"Redistribution and use in source and binary forms.*Neither the name", "BSD-3-Clause"),
    (r"Redistribution and use in source and binary forms", "BSD-2-Clause"),
    (r"Permission is hereby granted, free of charge, to any person obtaining a copy", "MIT"),
)


def license_fact(text: str, *, file: str) -> Found | None:
    """Name the licence by its SPDX identifier and the line where its mark begins; None for an unknown text."""
    for mark, name in MARKS:
        words = re.compile(mark.replace(" ", r"\s+"), re.IGNORECASE | re.DOTALL)
        if match := words.search(text):
            line = text.count("\n", 0, match.start()) + 1
            return Found(name="license", value=name, source=f"{file}:{line}")
    return None
