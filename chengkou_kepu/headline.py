"""The dashboard's first sentence: how the plan stands and who has filed, as an official would write it."""

from dataclasses import dataclass

from tasks import calendar
from tasks.progress import NO_DATA, Light, lag, points


@dataclass(frozen=True)
class Phrase:
    """A piece of the sentence; `bad` ones are set in bold red."""

    text: str
    bad: bool = False


def headline(period, total, leads, supports, *, at):
    """The Phrases, in order: what the quarter is, tasks (RollUp `total`), filing (FilingRates)."""
    return (
        *_occasion(period, at),
        *_tasks(period, total),
        *_overall(period, total),
        Phrase(_filing(period, (("牵头单位", leads), ("配合单位", supports)), at)),
    )


def _occasion(period, at):
    if not period.pk:
        return [Phrase(f"方案尚未设立填报期，以下按{period}显示。")]
    if at < period.opens_at:
        return [
            Phrase(
                f"{period.report_title}将于{calendar.zh_day(calendar.local_day(period.opens_at))}开放填报。"
            )
        ]
    if period.is_baseline:
        return [Phrase(f"{period}为基线{period.plan.words.span}，只记录基础情况，不作进度评价。")]
    return []


def _tasks(period, total):
    """42 项重点工作中，已办结 1 项，正常推进 26 项，滞后 11 项，严重滞后 4 项，2 项暂无审核数据"""
    if not total.tasks:
        return [Phrase("方案尚未列出重点工作。")]
    states = [(label, count, bad) for label, count, bad in _states(period, total) if count]
    if len(states) == 1:
        label, count, bad = states[0]
        every = "" if count == 1 else "均" if label == "暂无审核数据" else "全部"
        return [Phrase(f"{total.tasks} 项重点工作"), Phrase(f"{every}{label}", bad), Phrase("；")]
    phrases = [Phrase(f"{total.tasks} 项重点工作中")]
    for label, count, bad in states:
        text = f"{count} 项{label}" if label.startswith(("暂无", "已有")) else f"{label} {count} 项"
        phrases += [Phrase("，"), Phrase(text, bad)]
    if not period.is_baseline and not total.count(Light.BEHIND) and not total.count(Light.SEVERE):
        phrases.append(Phrase("，没有滞后事项"))
    return [*phrases, Phrase("；")]


def _states(period, total):
    """(words, number of tasks, whether bad) for each state a task can be in."""
    done = ("已办结", total.count(Light.DONE), False)
    if period.is_baseline:
        known = total.tasks - total.without_data - total.count(Light.DONE)
        return [done, ("已有审核通过的数据", known, False), ("暂无审核数据", total.without_data, False)]
    return [
        done,
        ("正常推进", total.count(Light.NORMAL), False),
        ("滞后", total.count(Light.BEHIND), False),
        ("严重滞后", total.count(Light.SEVERE), True),
        ("暂无审核数据", sum(total.count(light) for light in NO_DATA), False),
    ]


def _overall(period, total):
    if not total.tasks:
        return []
    if not total.has_data:
        return [Phrase(f"序时进度 {points(total.expected)}%。")]
    text = f"总体进度 {points(total.completion)}%"
    return [Phrase(f"{text}。" if period.is_baseline else f"{text}，{distance(total.behind)}。")]


def distance(behind):
    """落后序时进度 6 个百分点, or 超前, or 持平 where the difference rounds to nothing."""
    far = lag(behind)
    return f"{far[0]}序时进度 {far[1]} 个百分点" if far else "与序时进度持平"


def _filing(period, groups, at):
    """本季牵头单位应报 9 个，已报 6 个，按时 4 个；配合单位应报 1 个，尚未报送。"""
    if not period.pk:
        return f"{period.plan.words.this}尚未开放填报。"
    overdue = period.is_overdue(at)
    told = _owed(groups, overdue)
    if not told:
        return f"{period.plan.words.this}没有须报送的单位。"
    begins = not overdue and not any(rates.filed for _, rates in groups if rates.owed)
    due = f"，{calendar.zh_day(calendar.local_day(period.due_at))}24时截止" if begins else ""
    return f"{period.plan.words.this}{told}{due}。"


def still_open(period, leads, supports, *, at):
    """2024年第一季度已开放填报，2024年4月10日24时截止，已逾期 791 天；牵头单位应报 9 个，均未报送。"""
    due = calendar.zh_day(calendar.local_day(period.due_at))
    told = _owed((("牵头单位", leads), ("配合单位", supports)), period.is_overdue(at))
    return (
        f"{period}已开放填报，{due}24时截止，{calendar.time_left(period.due_at, at)}；"
        f"{told or '没有须报送的单位'}。"
    )


def _owed(groups, overdue):
    """牵头单位应报 9 个，已报 6 个，按时 4 个；配合单位应报 1 个，尚未报送; '' where nobody owes."""
    owing = [(name, rates) for name, rates in groups if rates.owed]
    return "；".join(f"{name}应报 {rates.owed} 个，{_filed(rates, overdue)}" for name, rates in owing)


def _filed(rates, overdue):
    one = rates.owed == 1
    if not rates.filed:
        return f"{'' if one else '均'}未报送" if overdue else "尚未报送"
    if rates.filed < rates.owed:
        return f"已报 {rates.filed} 个，按时 {rates.on_time} 个"
    if rates.on_time == rates.owed:
        return f"已{'' if one else '全部'}按时报送"
    return "已逾期报送" if one else f"已全部报送，按时 {rates.on_time} 个"
