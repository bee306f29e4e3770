"""Loading the configured record."""

from dataclasses import replace
from datetime import date

import pytest

from db.record import Origin
from tests.make import moment, release, sighting
from tests.test_review import arrive, decide
from tracker.errors import Refused
from tracker.model import PartialDate, State
from tracker.operating.seed import seed
from tracker.operating.verify import verify
from tracker.record.history import in_force, view
from tracker.reviewing.review import undo


def state_of(service, slug, day):
    with service.store.reading() as db:
        channel = next(c for c in db.record.channels() if c.slug == slug)
        relationship = next(r for r in db.record.relationships() if r.slug == channel.relationship)
        return view(channel, relationship, *db.record.entries_of(slug), moment(day)).state


def rows(service):
    with service.store.reading() as db:
        return [entry for pair in db.record.entries().values() for kind in pair for entry in kind]


def test_seeding_twice_changes_nothing_and_says_so(seeded, clock):
    before = rows(seeded)
    clock.advance(days=1)
    again = seed(seeded.store, seeded.packs, at=clock())
    assert (again.changed, again.unchanged) == (0, len(before))
    assert rows(seeded) == before


def test_a_record_from_before_the_mark_of_what_is_unconfirmed_gains_it_and_nothing_else_is_seeded_anew(service, clock):
    (pack,) = service.packs
    bare = [replace(one, entry=replace(one.entry, unconfirmed=())) for one in pack.entries]
    seed(service.store, [replace(pack, entries=tuple(bare))], at=clock())
    clock.advance(days=1)
    again = seed(service.store, [pack], at=clock())
    assert (again.corrected, again.added) == (sum(bool(one.entry.unconfirmed) for one in pack.entries), 0)
    with service.store.reading() as db:
        told = [row for pair in db.record.entries().values() for kind in pair for row in in_force(kind, clock())]
    assert {(row.channel, row.unconfirmed) for row in told if row.unconfirmed} == {
        (one.entry.channel, one.entry.unconfirmed) for one in pack.entries if one.entry.unconfirmed
    }


def test_a_row_whose_entry_is_gone_stays_and_is_named(seeded, clock):
    """As where a date was put right in the file: that makes another entry of it."""
    clock.advance(days=1)
    pack = seeded.packs[0]
    first, *others = pack.entries
    again = seed(seeded.store, [replace(pack, entries=tuple(others))], at=clock())
    (name,) = again.left
    with seeded.store.reading() as db:
        row = db.record.row(type(first.entry), int(name.partition("-")[2]))
    assert (row.channel, row.withdrawn_at) == (first.entry.channel, None)
    assert seed(seeded.store, seeded.packs, at=clock()).left == ()


def test_a_relationship_whose_folder_was_renamed_is_not_recorded_a_second_time(seeded, clock):
    pack, before = seeded.packs[0], rows(seeded)
    entries = tuple(replace(one, key=one.key.replace("us-china/", "china-us/")) for one in pack.entries)
    channels = tuple(replace(channel, relationship="china-us") for channel in pack.channels)
    renamed = replace(
        pack, relationship=replace(pack.relationship, slug="china-us"), channels=channels, entries=entries
    )
    for prepared in (False, True):
        if prepared:  # as every start does
            seeded.define([renamed], seeded.feeds)
        with pytest.raises(Refused, match='on record under the relationship "us-china"') as refused:
            seed(seeded.store, [renamed], at=clock())
        assert 'Call the folder "us-china" again' in str(refused.value)
        assert rows(seeded) == before
    assert seed(seeded.store, [pack], at=clock()).changed == 0


def test_a_channel_that_is_in_no_file_any_more_is_named(seeded, clock):
    pack = seeded.packs[0]
    first, *others = pack.channels
    assert seed(seeded.store, [pack], at=clock()).unread is None
    without = replace(pack, channels=tuple(others))
    assert seed(seeded.store, [without], at=clock()).unread == (
        f"The channel {first.slug} is on record and in no file: nothing is read for it."
    )


@pytest.mark.parametrize(
    ("day", "state"),
    [("2022-09-01", State.SUSPENDED), ("2024-02-01", State.RESUMED), ("2024-10-01", State.ACTIVE)],
)
def test_the_policy_talks_are_suspended_resumed_and_active_again(seeded, day, state):
    assert state_of(seeded, "dpct", day) is state


def test_the_eight_channels_of_august_2022_are_suspended_and_the_leaders_never_were(seeded):
    cancelled = ["theater-commanders", "dpct", "mmca"]
    suspended = ["repatriation", "legal-assistance", "transnational-crime", "counternarcotics", "climate"]
    for slug in cancelled + suspended:
        assert state_of(seeded, slug, "2022-08-05") is State.SUSPENDED, slug
    months = [f"{year}-{month:02}-01" for year in range(2020, 2027) for month in range(1, 13)]
    assert State.SUSPENDED not in {state_of(seeded, "leaders", month) for month in months}


def test_every_row_of_the_record_cites_a_source_with_side_publisher_and_address(seeded):
    for row in rows(seeded):
        assert row.sources, row
        for source in row.sources:
            assert source.side in ("us", "cn", "third-party")
            assert source.publisher
            assert source.title
            assert source.url.startswith("http")


def test_until_a_day_only_what_had_happened_by_then_is_loaded_and_the_rest_follows(seeded_2023, clock):
    assert state_of(seeded_2023, "dpct", "2026-01-01") is State.SUSPENDED
    early = len(rows(seeded_2023))
    later = seed(seeded_2023.store, seeded_2023.packs, at=clock())
    assert later.added > 0
    assert (later.corrected, later.later, later.unchanged) == (0, 0, early)
    assert state_of(seeded_2023, "dpct", "2026-01-01") is State.ACTIVE


def test_a_corrected_entry_replaces_its_row_and_the_old_one_stays_readable(seeded, clock):
    pack = seeded.packs[0]
    first = pack.entries[0]
    corrected = replace(first, entry=replace(first.entry, note="Corrected."))
    changed = replace(pack, entries=(corrected, *pack.entries[1:]))
    before = clock()
    clock.advance(days=1)
    assert seed(seeded.store, [changed], at=clock()).corrected == 1
    with seeded.store.reading() as db:
        pair = db.record.entries_of(first.entry.channel)
    kind = [entry for kind in pair for entry in kind if type(entry) is type(first.entry)]
    assert "Corrected." in {entry.note for entry in in_force(kind, clock())}
    assert "Corrected." not in {entry.note for entry in in_force(kind, before)}
    assert seed(seeded.store, [changed], at=clock()).changed == 0


def test_every_channel_with_a_history_has_a_state_now(seeded):
    with seeded.store.reading() as db:
        entries = db.record.entries()
    with_changes = [slug for slug, (changes, _) in entries.items() if changes]
    assert len(with_changes) == 27
    assert all(state_of(seeded, slug, date.today().isoformat()) for slug in with_changes)  # noqa: DTZ011


def reseeded(service, clock, entry):
    """What seeding answers after the first entry of the configuration was corrected to `entry`, a day later."""
    pack = service.packs[0]
    rest = [one for one in pack.entries if one.key != entry.key]
    clock.advance(days=1)
    return seed(service.store, [replace(pack, entries=(entry, *rest))], at=clock())


def entry_of(service, key):
    return next(entry for entry in service.packs[0].entries if entry.key == key)


def with_another_source(entry):
    further = replace(entry.entry.sources[0], url="https://example.org/further", title="A further document")
    return replace(entry, entry=replace(entry.entry, sources=(*entry.entry.sources, further)))


def standing(service, clock, entry):
    """The rows in force that tell of the entry's day, of its kind."""
    with service.store.reading() as db:
        pair = db.record.entries_of(entry.entry.channel)
    kind = [row for rows in pair for row in rows if type(row) is type(entry.entry)]
    return [row for row in in_force(kind, clock()) if row.effective == entry.entry.effective]


def test_sources_that_the_configuration_gained_are_added_to_an_existing_record(seeded, clock):
    resumed = with_another_source(entry_of(seeded, "us-china/dpct/status/2024-01-08/resumed"))
    assert reseeded(seeded, clock, resumed).corrected == 1
    (row,) = standing(seeded, clock, resumed)
    assert "https://example.org/further" in {source.url for source in row.sources}


def test_what_reviewers_cited_on_a_row_outlives_its_correction_and_is_undone_with_their_decision(seeded, clock):
    begun = entry_of(seeded, "us-china/maritime-affairs/status/2023-11-03/active")
    unheard_side = release(title="Talks at sea", url="https://us.example/1", side="us", published=date(2023, 11, 3))
    told = sighting(channel="maritime-affairs", date=PartialDate("2023-11-03"), starts=date(2023, 11, 3))
    (candidate,) = arrive(seeded, unheard_side, told)
    decided = decide(seeded, candidate)
    (before,) = standing(seeded, clock, begun)
    assert "https://us.example/1" in {source.url for source in before.sources}
    reseeded(seeded, clock, with_another_source(begun))
    (after,) = standing(seeded, clock, begun)
    urls = [source.url for source in after.sources]
    assert {"https://us.example/1", "https://example.org/further"} <= set(urls)
    assert len(urls) == len(set(urls))
    assert {source.passage for source in after.sources} == {source.passage for source in before.sources}
    clock.advance(days=1)
    undo(seeded.store, decided.id, decided.version, by="ana", at=clock())
    (undone,) = standing(seeded, clock, begun)
    assert "https://us.example/1" not in {source.url for source in undone.sources}
    assert verify(seeded.store).findings == ()


def test_a_row_that_reviewers_corrected_stays_theirs_and_gains_the_seeds_sources(seeded, clock):
    resumed = entry_of(seeded, "us-china/dpct/status/2024-01-08/resumed")
    (row,) = standing(seeded, clock, resumed)
    clock.advance(hours=1)
    with seeded.store.writing() as db:
        theirs = replace(row, id=None, cause="As the reviewer put it.", replaces=row.id)
        db.record.add(theirs, Origin(clock(), "ana"))
    assert reseeded(seeded, clock, with_another_source(resumed)).joined == 1
    (now,) = standing(seeded, clock, resumed)
    assert now.cause == "As the reviewer put it."
    assert "https://example.org/further" in {source.url for source in now.sources}
    assert reseeded(seeded, clock, with_another_source(resumed)).changed == 0
