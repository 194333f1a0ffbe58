"""Merging cards and taking it back: nothing is lost, nothing is made up (BYD-09)."""

from __future__ import annotations

import datetime as dt
import random
import uuid
from collections import Counter
from contextlib import suppress

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.consents import queries as consents
from app.kernel.audit.models import AuditEvent
from app.kernel.tenancy.scope import Scope, scoped
from app.lib.errors import Conflict, Expired, NotFound
from app.people.actions import Contact, change_contact, unclaimed_cards
from app.people.merging.actions import UNDO_DAYS, keep_apart, merge, undo_merge
from app.people.merging.queries import candidates, holdings, like_this, merges
from app.people.models import Patient
from app.people.persons import cards_of, head_of
from app.people.queries import own_patient_ids
from app.people.rules.likeness import Traits
from app.tables import metadata
from tests.factories.cast import Cast, staff_actor
from tests.people.merging.conftest import FOLLOWING, STAYING, Drawer
from tests.support.app import NOW

pytestmark = pytest.mark.proves("BYD-09")
LATER = NOW + dt.timedelta(hours=1)


def joined(drawer: Drawer, one: uuid.UUID, other: uuid.UUID, **choices: uuid.UUID) -> uuid.UUID:
    with scoped(drawer.session, Scope(org_id=drawer.org_id)):
        return merge(drawer.session, drawer.actor, one, other, choices, now=LATER)


def taken_back(drawer: Drawer, merge_id: uuid.UUID, now: dt.datetime = LATER) -> int:
    with scoped(drawer.session, Scope(org_id=drawer.org_id)):
        return undo_merge(drawer.session, drawer.actor, merge_id, now=now)


def heads(drawer: Drawer) -> dict[uuid.UUID, uuid.UUID]:
    with scoped(drawer.session, Scope(org_id=drawer.org_id)):
        return {one: head_of(drawer.session, drawer.org_id, one) for one in drawer.cards}


def test_rows_go_along_and_come_back_exactly(drawer: Drawer) -> None:
    old, new = drawer.add(known=True), drawer.add("Pop Ana", "+40722000002", "ana@x.ro")
    drawer.fill(old)
    drawer.fill(new)
    before = drawer.state()
    merge_id = joined(drawer, new, old, email=new)
    for name in FOLLOWING:
        on = Counter(drawer.whose(name).values())
        assert on == ({old: 1, new: 1} if name == "waiting_entries" and on[new] else {old: 2})
    for name in STAYING:
        assert drawer.whose(name) == before[name]
    kept = drawer.state()["cards"][old]
    assert (kept["name"], kept["email"], kept["phone"]) == ("Ana Pop", "ana@x.ro", "+40722000001")
    assert "ana@x.ro" in kept["search_text"]
    assert heads(drawer) == {old: old, new: old}
    assert taken_back(drawer, merge_id) == 0
    assert drawer.state() == before


@pytest.mark.parametrize("seed", range(4))
def test_merges_and_undos_in_any_order_lose_nothing(drawer: Drawer, seed: int) -> None:
    """Against a model: who belongs to whom. Every row stays readable by exactly one person, always."""
    dice = random.Random(seed)
    for known in (True, False, True, False, False):
        drawer.fill(drawer.add(known=known), ("appointments", "consents", "pose_sessions"))
    start, open_merges = drawer.state(), []
    for _ in range(10):
        if open_merges and dice.random() < 0.35:
            merge_id = dice.choice(open_merges)
            with suppress(Conflict):
                taken_back(drawer, merge_id)
                open_merges.remove(merge_id)
        else:
            one, other = dice.sample(drawer.cards, 2)
            with suppress(Conflict):
                open_merges.append(joined(drawer, one, other))
        _everything_belongs_to_one(drawer, start)
    assert drawer.state() != start
    for merge_id in reversed(open_merges):
        taken_back(drawer, merge_id)
    assert drawer.state() == start


def _everything_belongs_to_one(
    drawer: Drawer, start: dict[str, dict[uuid.UUID, uuid.UUID]]
) -> None:
    now, head = drawer.state(), heads(drawer)
    assert all(head[one] == one for one in head.values()), "merges are flat"
    for name in ("appointments", "consents", "pose_sessions"):
        assert now[name].keys() == start[name].keys()
        for row, was_on in start[name].items():
            assert head[now[name][row]] == head[was_on]
    assert all(now["appointments"][row] == head[on] for row, on in now["appointments"].items())


def test_a_field_changed_after_the_merge_keeps_its_new_value(drawer: Drawer) -> None:
    old, new = drawer.add(known=True), drawer.add("Ana Popa", None, "ana@x.ro")
    merge_id = joined(drawer, old, new)
    with scoped(drawer.session, Scope(org_id=drawer.org_id)):
        contact = Contact("Ana Pop", "ana@x.ro", "+40733000000")
        change_contact(drawer.session, drawer.actor, old, contact, LATER)
    taken_back(drawer, merge_id)
    card = drawer.state()["cards"][old]
    assert (card["phone"], card["email"]) == ("+40733000000", None)
    assert "40733000000" in card["search_text"]
    assert "ana@x.ro" not in card["search_text"]


def test_what_is_written_for_a_merged_card_lands_on_the_kept_one(drawer: Drawer) -> None:
    """A booking that began before the merge and ends after it (the database sees to it)."""
    old, new = drawer.add(known=True), drawer.add()
    joined(drawer, old, new)
    drawer.fill(new)
    for name in FOLLOWING + STAYING:
        assert set(drawer.whose(name).values()) == {old}


def test_a_number_changes_hands_when_only_the_other_has_one(drawer: Drawer, cast: Cast) -> None:
    """A guest who signs in is kept before a known patient who does not, and takes over the number."""
    guest, known = drawer.add(), drawer.add(known=True)
    drawer.give_profile(guest, cast.carmen.human_id)
    before = drawer.state()
    merge_id = joined(drawer, guest, known)
    after = drawer.state()["cards"]
    assert after[guest]["number"] == before["cards"][known]["number"]
    assert after[guest]["onboarded_at"] == NOW
    assert after[known]["number"] is None
    taken_back(drawer, merge_id)
    assert drawer.state() == before


def test_two_logins_are_never_made_one(drawer: Drawer, cast: Cast) -> None:
    one, other = drawer.add(known=True), drawer.add(known=True)
    drawer.give_login(one, cast.carmen.human_id)
    drawer.give_login(other, cast.stefan.human_id)
    with pytest.raises(Conflict, match="merge_two_logins"):
        joined(drawer, one, other)


def test_a_login_opens_the_kept_card_and_nobody_else_can_claim_it(
    session: Session, drawer: Drawer, cast: Cast
) -> None:
    known, claimed = drawer.add(email="ana@x.ro", known=True), drawer.add(known=True)
    drawer.give_login(claimed, cast.carmen.human_id)
    joined(drawer, known, claimed)
    org_id = drawer.org_id
    with scoped(session, Scope(org_id=org_id, human_id=cast.carmen.human_id)):
        own = own_patient_ids(session, org_id, cast.carmen.human_id)
        assert claimed in own
        assert known not in own
        assert unclaimed_cards(session, org_id, "ana@x.ro") == []


def test_the_latest_word_on_any_card_counts_for_a_consent(session: Session, drawer: Drawer) -> None:
    old, new = drawer.add(known=True), drawer.add()
    table = metadata.tables["consents"]
    texts = {"purpose": "treatment", "source": "staff"}
    drawer.rows.add(table, patient_id=old, granted_at=NOW, **texts)
    withdrawn = {"granted_at": NOW - dt.timedelta(days=2), "withdrawn_at": NOW + dt.timedelta(0, 1)}
    drawer.rows.add(table, patient_id=new, **texts, **withdrawn)
    with scoped(session, Scope(org_id=drawer.org_id)):
        assert consents.has(session, drawer.org_id, old, "treatment")
    merge_id = joined(drawer, old, new)
    with scoped(session, Scope(org_id=drawer.org_id)):
        assert not consents.has(session, drawer.org_id, old, "treatment")
        assert not consents.has(session, drawer.org_id, new, "treatment")
        assert len(consents.trail(session, drawer.org_id, old)) == 2
    drawer.rows.add(table, patient_id=old, granted_at=LATER, **texts)
    with scoped(session, Scope(org_id=drawer.org_id)):
        assert consents.has(session, drawer.org_id, old, "treatment")
    taken_back(drawer, merge_id)
    with scoped(session, Scope(org_id=drawer.org_id)):
        assert not consents.has(session, drawer.org_id, new, "treatment")


def test_undo_ends_after_a_month_and_happens_once(drawer: Drawer) -> None:
    merge_id = joined(drawer, drawer.add(), drawer.add())
    with pytest.raises(Expired):
        taken_back(drawer, merge_id, LATER + dt.timedelta(days=UNDO_DAYS, seconds=1))
    taken_back(drawer, merge_id)
    with pytest.raises(Conflict, match="merge_undone"):
        taken_back(drawer, merge_id)
    with pytest.raises(NotFound):
        taken_back(drawer, uuid.uuid4())


def test_another_clinic_can_neither_see_nor_merge_them(
    session: Session, drawer: Drawer, cast: Cast
) -> None:
    one, other = drawer.add(), drawer.add()
    stranger = staff_actor(cast.bogdan)
    with scoped(session, Scope(org_id=stranger.clinic)):
        with pytest.raises(NotFound):
            merge(session, stranger, one, other, {}, now=NOW)
        assert candidates(session, stranger.clinic) == []


def test_candidates_are_found_remembered_and_gone_when_decided(
    session: Session, drawer: Drawer
) -> None:
    one, other = drawer.add("Ana Maria Pop"), drawer.add("Pop Ana-Maria")
    third = drawer.add("Pop Ana", None, "x@x.ro")
    drawer.add("Dan Pop")
    org_id = drawer.org_id
    with scoped(session, Scope(org_id=org_id)):
        found = candidates(session, org_id)
        assert [{pair.one.id, pair.other.id} for pair in found] == [{one, other}]
        assert found[0].likeness.signs == ("same_name", "same_phone")
        assert candidates(session, org_id, among=select(Patient.id).where(Patient.id == one)) == []
        keep_apart(session, drawer.actor, other, one, now=NOW)
        keep_apart(session, drawer.actor, one, other, now=NOW)
        assert candidates(session, org_id) == []
        typed = like_this(session, org_id, Traits("ana maria POP", "+40722000001"))
        assert {match.card.id for match in typed[:2]} == {one, other}
        assert third not in {match.card.id for match in typed}
        assert like_this(session, org_id, Traits("Dănuț Popa")) == []


def test_the_trail_and_the_list_say_who_merged_what(session: Session, drawer: Drawer) -> None:
    old, new = drawer.add("Ana Pop", known=True), drawer.add("Ana Popa")
    drawer.fill(new, ("appointments",))
    with scoped(session, Scope(org_id=drawer.org_id)):
        assert holdings(session, drawer.org_id, [old, new])[new].counts == {"appointments": 1}
    first = joined(drawer, old, new)
    second = joined(drawer, old, drawer.add())
    with scoped(session, Scope(org_id=drawer.org_id)):
        listed = merges(session, drawer.org_id, LATER)
        assert [(row.id, row.undoable) for row in listed] == [(second, True), (first, False)]
        assert (listed[1].name, listed[1].other, listed[1].by) == (
            "Ana Pop",
            "Ana Popa",
            "Ramona Ene",
        )
        written = session.scalars(
            select(AuditEvent.after).where(
                AuditEvent.action == "patients.merge", AuditEvent.org_id == drawer.org_id
            )
        ).all()
        assert {"other_id": str(new), "rows": 1} in written
        assert len(session.scalars(cards_of(drawer.org_id, [new])).all()) == 3


def test_a_pair_that_is_one_card_or_merged_already_is_refused(drawer: Drawer) -> None:
    one, other = drawer.add(), drawer.add()
    with pytest.raises(Conflict, match="merge_changed"):
        joined(drawer, one, one)
    joined(drawer, one, other)
    with pytest.raises(Conflict, match="merge_changed"):
        joined(drawer, other, one)
