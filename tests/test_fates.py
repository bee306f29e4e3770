"""Which promise a contact that did not take place closes: as asking every one of them, one by one, would find it."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.make import change, contact, source
from tracker.model import Contact, Outcome, PartialDate, Precision, State, StatusChange
from tracker.record.attest import first_seen
from tracker.record.fates import meets, names_its_day, promises_among, when, window

START = date(2024, 1, 1)
OFF = (Outcome.CANCELLED, Outcome.POSTPONED)
Row = Contact | StatusChange


def dated(row: Row) -> PartialDate | None:
    return row.expected if isinstance(row, StatusChange) else row.date


def sharp(row: Row) -> bool:
    return dated(row) is not None and dated(row).precision is not Precision.YEAR


def may_be(row: Row, off: Contact) -> bool:
    if isinstance(row, Contact):
        return meets(off, row)
    (opens, due), (begins, ends) = window(row), window(off)
    return opens <= ends and begins <= due


def met(row: Row, contacts: list[Contact]) -> Contact | None:
    """The first that closes it by its days."""
    for one in sorted((one for one in contacts if one.first and one.outcome is not Outcome.ANNOUNCED), key=when):
        vague = one.outcome in OFF and not sharp(row)
        if not vague and may_be(row, one) and (isinstance(row, Contact) or row.expected):
            return one
    return None


def told(plan: StatusChange, announced: list[Contact]) -> bool:
    day, (opens, closes) = timedelta(days=1), window(plan)
    urls = {one.url for one in plan.sources}
    for one in announced:
        touches = window(one)[0] <= closes and opens <= window(one)[1]
        if touches and (plan.expected or urls & {cited.url for cited in one.sources}):
            return True
        if not plan.expected and plan.effective.first - day <= first_seen(one) <= plan.effective.last + day:
            return True
    return False


def about(off: Contact, still: list[Row]) -> Row | None:
    if off.first and any(sharp(row) and may_be(row, off) for row in still):
        return None
    before = [row for row in still if first_seen(row) < first_seen(off)]
    if names_its_day(off):
        contacts = [row for row in still if isinstance(row, Contact) and (row in before or may_be(row, off))]
        in_time = [row for row in contacts or still if may_be(row, off)]
        meant = [row for row in in_time if dated(row) == off.date] or in_time
        meant = [row for row in meant if row in before] or meant
    else:
        meant = before or still
        meant = [row for row in meant if isinstance(row, Contact)] or meant
    return meant[0] if len(meant) == 1 else None


def closed(changes: list[StatusChange], contacts: list[Contact]) -> list[tuple[Row, Contact | None]]:
    announced = [one for one in contacts if one.outcome is Outcome.ANNOUNCED]
    made: list[Row] = [*announced, *(plan for plan in changes if not told(plan, announced))]
    closing, gone = [met(row, contacts) for row in made], set()
    found: dict[int, Contact] = {}
    for off in sorted((one for one in contacts if one.outcome in OFF), key=lambda one: (first_seen(one), one.id)):
        declared, still = first_seen(off), []
        for number, row in enumerate(made):
            if first_seen(row) <= declared:
                by = closing[number]
                over = by is not None and by is not off and first_seen(by) <= declared
                if over or window(row)[1] < declared:
                    gone.add(number)
                elif number not in gone:
                    still.append(number)
        meant = about(off, [made[number] for number in still])
        for number in still:
            if made[number] is meant:
                found[number] = off
                gone.add(number)
    return [(row, found.get(number) or closing[number]) for number, row in enumerate(made)]


DAYS = st.sampled_from([0, 1, 2, 3, 30, 31, 60, 100, 366]) | st.integers(0, 800)
AHEAD = st.sampled_from([0, 0, 1, 5, 40, 400])
DATED = st.sampled_from([4, 7, 10, 10, None])
KINDS = st.sampled_from([Outcome.ANNOUNCED, Outcome.ANNOUNCED, *OFF, Outcome.REFUSED])
TOLD = st.tuples(DAYS, AHEAD, DATED, KINDS, st.sampled_from([None, "Beijing", "Xi’an"]), st.integers(0, 2))
PLANS = st.tuples(DAYS, AHEAD, DATED, st.integers(0, 5))


@settings(max_examples=400)
@given(st.lists(TOLD, max_size=9), st.lists(PLANS, max_size=3))
def test_each_promise_is_closed_by_what_asking_all_of_them_finds(rows, plans):
    contacts = [
        contact(
            outcome, str(START + timedelta(days=days))[:length] if length else None, id=number, place=place,
            announced=START + timedelta(days=days - ahead), sources=(source(url=f"https://example.org/{url}"),),
        )
        for number, (days, ahead, length, outcome, place, url) in enumerate(rows, start=1)
    ]  # fmt: skip
    changes = [
        change(
            State.PLANNED, str(START + timedelta(days=days - ahead)), id=number,
            expected=PartialDate(str(START + timedelta(days=days))[:length]) if length else None,
            sources=(source(url=f"https://example.org/{url}"),),
        )
        for number, (days, ahead, length, url) in enumerate(plans, start=1)
    ]  # fmt: skip
    found = {
        (type(one.made), one.made.id): one.closed_by for one in promises_among(changes, contacts, date(2030, 1, 1))
    }
    assert found == {(type(row), row.id): by for row, by in closed(changes, contacts)}
