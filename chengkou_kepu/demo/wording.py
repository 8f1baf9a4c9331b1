"""The texts of the demo's returns: read from `fixtures/demo`, their figures filled in the same way each time.

`{场:3-6}` in a text becomes a number from 3 to 6 and also the entry's 活动场次; 覆盖, 培训 and 资金 (万元) likewise.
`{2-5}` becomes a number alone, `{乡镇}` one of the county's townships.
"""

import json
import re
from hashlib import sha256

from django.conf import settings

from tasks.models import Stage

FOLDER = settings.BASE_DIR / "fixtures" / "demo"
MARK = "【示例】"
FIGURES = {"场": "activities", "覆盖": "people_reached", "培训": "people_trained", "资金": "funds"}
BLANK = re.compile(r"\{(?:(场|覆盖|培训|资金):)?(\d+)-(\d+)\}|\{(乡镇)\}")
EXTRAS = ("results", "problems", "next_steps")


class Wording:
    """What each unit says on each of its tasks; quarters are counted from 0, the baseline."""

    def __init__(self):
        self.leads = _read("leads.json")
        self.supports = _read("supports.json")
        self.townships = _read("townships.json")

    @property
    def task_numbers(self):
        return {int(number) for number in self.leads}

    def lead(self, number, unit, quarter):
        """Values of a complete lead line, or {} where the demo has none."""
        block = self.leads.get(str(number), {}).get(unit)
        if block is None:
            return {}
        text = block["texts"][quarter % len(block["texts"])]
        if isinstance(text, dict):
            return {"no_change": True, "no_change_reason": MARK + text["no_change"]}
        completion = block["completion"][quarter]
        stage = {0: Stage.NOT_STARTED, 100: Stage.COMPLETED}.get(completion, Stage.UNDER_WAY)
        said = self._filled(text, f"{number}|{unit}|{quarter}")
        for name in EXTRAS:
            choices = block.get(name)
            if choices:
                said[name] = MARK + choices[quarter % len(choices)]
        return {"stage": stage, "completion": completion, **said}

    def support(self, number, unit, quarter):
        """Values of a supporting line; {} where the unit has nothing to tell in that quarter."""
        texts = self.supports.get(unit, {}).get(str(number))
        text = texts[quarter % len(texts)] if texts else ""
        return self._filled(text, f"{number}|{unit}|{quarter}") if text else {}

    def _filled(self, text, seed):
        figures = {}
        count = 0

        def fill(blank):
            nonlocal count
            count += 1
            draw = int.from_bytes(sha256(f"{seed}|{count}".encode()).digest()[:4], "big")
            kind, low, high, township = blank.groups()
            if township:
                return self.townships[draw % len(self.townships)]
            number = int(low) + draw % (int(high) - int(low) + 1)
            if kind:
                name = FIGURES[kind]
                figures[name] = figures.get(name, 0) + number
            return str(number)

        return {"progress": MARK + BLANK.sub(fill, text), **figures}


def _read(name):
    return json.loads((FOLDER / name).read_text(encoding="utf-8"))
