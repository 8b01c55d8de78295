"""The answer in one sentence, with the interval that it rests on; never more than the intervals show."""

from collections.abc import Iterator
from typing import Any, Final

from loadtests.analysis.read import COMBINATIONS
from loadtests.report.document import Document
from loadtests.report.numbers import digits, interval
from loadtests.schema.design import SIMPLE_KEY
from loadtests.verdict.wording import ANSWERS, NOTHING, WHERE

QUESTION: Final = (
    "A service on Flask, PyMySQL and MySQL is slow. Put Redis in front of the database, or rewrite the service in "
    "async Python: which one, both, or neither?"
)
OTHER_QUESTION: Final = "Which of these services answers quicker, and at which cost?"
# What an answer rests on, as (simple effect, its name in a sentence).
RESTS_ON: Final = {
    "add the cache": (("cache in sync", "the cache in sync"),),
    "rewrite": (("async uncached", "async without the cache"),),
    "both": (("cache in sync", "the cache in sync"), ("async cached", "async with the cache")),
}
INTERVAL: Final = "95 % interval {interval}, {rounds} starts"
WORDS: Final = {
    "better": f"{{subject}} made the average latency {{ratio}} times better ({INTERVAL})",
    "worse": f"{{subject}} made the average latency worse, {{ratio}} times as good ({INTERVAL})",
    "same": f"{{subject}} left the average latency the same within 5 % ({INTERVAL})",
    "cannot tell": f"the run cannot tell whether {{subject}} changes the average latency ({{ratio}} times, {INTERVAL})",
}
ONE_ROUND: Final = "one start gives no interval"
BLIND: Final = "whether async is quicker{where} this load cannot tell"


def question(document: Document) -> str:
    return QUESTION if set(document["combinations"]) >= {"sync", "async"} else OTHER_QUESTION


def verdict_sentence(document: Document) -> str:
    if not any(line["rounds"] for line in document["combinations"].values()):
        return NOTHING
    recommendation = document["recommendation"]
    answer = recommendation["answer"]
    clauses = list(_clauses(document, answer))
    if document["load"]["rounds"] == 1 and not document["turns"] and clauses:
        clauses.append(ONE_ROUND)
    clauses += _blind(document)
    return f"{ANSWERS[answer][0]}{': ' if clauses else ''}{'; '.join(clauses)}."


def _clauses(document: Document, answer: str) -> Iterator[str]:
    simple = document["effects"][SIMPLE_KEY]
    # Without a cure to rest on, the first effects say what was found.
    usual = [(name, f"the {name}" if name.startswith("cache") else name) for name in list(simple)[:2]]
    for name, subject in RESTS_ON.get(answer, usual):
        effect = simple.get(name, {}).get("latency_avg")
        if effect and effect["ratio"] is not None:
            yield in_words(subject, effect)


def _blind(document: Document) -> Iterator[str]:
    ours = set(document["combinations"]) <= set(COMBINATIONS)
    twins = [name for name in WHERE if ours and name in document["effects"][SIMPLE_KEY]]
    unseen = [name for name in twins if name in document["recommendation"]["unseen"]]
    if unseen:
        yield BLIND.format(where=f" {WHERE[unseen[0]]}" if len(unseen) < len(twins) else "")


def in_words(subject: str, effect: dict[str, Any]) -> str:
    if effect["low"] is None:
        return f"{subject} came out {digits(effect['ratio'])} times better on average"
    return WORDS[effect["verdict"]].format(
        subject=subject, ratio=digits(effect["ratio"]), interval=interval(effect), rounds=effect["rounds"]
    )
