"""Cards of one person (BYD-09): the list of pairs, two cards side by side, merging, taking a merge back."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Response, request, url_for
from flask_babel import gettext, ngettext
from werkzeug.wrappers import Response as AnyResponse

from app.kernel.access.actor import STAFF
from app.kernel.audit.record import record_access
from app.lib.errors import Conflict, NotFound
from app.lib.paging import Page, parse_page
from app.people import permissions
from app.people.access import patient_or_404, visible_patients
from app.people.merging import actions
from app.people.merging.queries import CardLine, candidates, card_lines, holdings, merges
from app.people.models import Patient
from app.people.persons import head_of
from app.people.rules.keeping import FIELDS, in_order
from app.people.rules.likeness import likeness
from app.people.specialists.queries import specialist_lines
from app.web.console import blueprint
from app.web.console.alike import sign_words
from app.web.http import context, guards
from app.web.http.copy import sentence
from app.web.http.lists import heads, pager
from app.web.http.locale import LANGUAGES
from app.web.http.merging_words import held_words
from app.web.http.render import page, see_other
from app.web.http.templating import phone as local_phone


@blueprint.get("/patients/duplicates")
@guards.staff(permissions.MANAGE)
def duplicates() -> Response:
    """Pairs of cards that may be one person, surest first."""
    session, actor = context.session(), context.actor()
    asked = parse_page(request.args, sortable=())
    pairs = candidates(session, actor.clinic, among=visible_patients(actor))
    shown = pairs[asked.offset : asked.offset + asked.size]
    columns = [
        (None, gettext("One card")),
        (None, gettext("The other")),
        (None, gettext("Why")),
        (None, ""),
    ]
    return page(
        "console/patients/duplicates.html",
        fragment="console/patients/_duplicates.html",
        pairs=[(pair, sign_words(pair.likeness.signs)) for pair in shown],
        total=len(pairs),
        columns=heads(columns, asked, {}),
        pager=pager(Page(shown, len(pairs), asked), {}),
        writes=actor.kind == STAFF,
        merged=_seen_merges(),
    )


@blueprint.get("/patients/<uuid:patient_id>/same/<uuid:other_id>")
@guards.staff(permissions.MANAGE)
def compare_patients(patient_id: uuid.UUID, other_id: uuid.UUID) -> AnyResponse:
    """Two cards side by side: what each says, what hangs on it, which value counts. Both looks are noted."""
    cards = _cards(patient_id, other_id)
    for one in cards:
        if one.merged_into_id is not None:
            return see_other(url_for("console.patient", patient_id=one.merged_into_id))
    return _compare_page(cards)


@blueprint.post("/patients/<uuid:patient_id>/same/<uuid:other_id>")
@guards.staff(permissions.MANAGE)
def merge_patients(patient_id: uuid.UUID, other_id: uuid.UUID) -> AnyResponse:
    """One card of two."""
    session, actor, now = context.session(), context.actor(), context.now()
    for each in (patient_id, other_id):
        patient_or_404(session, actor, each)
    choices = {name: _whose(request.form.get(name), patient_id, other_id) for name in FIELDS}
    chosen = {name: whose for name, whose in choices.items() if whose is not None}
    try:
        actions.merge(session, actor, patient_id, other_id, chosen, now=now)
    except Conflict as error:
        session.rollback()
        return _compare_page(_cards(patient_id, other_id), sentence(error), 409)
    kept = head_of(session, actor.clinic, patient_id)
    words = gettext("The cards are one now. This can be taken back for thirty days.")
    return see_other(url_for("console.patient", patient_id=kept), words)


@blueprint.post("/patients/<uuid:patient_id>/apart/<uuid:other_id>")
@guards.staff(permissions.MANAGE)
def keep_patients_apart(patient_id: uuid.UUID, other_id: uuid.UUID) -> AnyResponse:
    """These are two people."""
    session, actor = context.session(), context.actor()
    for each in (patient_id, other_id):
        patient_or_404(session, actor, each)
    actions.keep_apart(session, actor, patient_id, other_id, now=context.now())
    words = gettext("They stay two people and are not suggested again.")
    return see_other(url_for("console.duplicates"), words)


@blueprint.post("/patients/merges/<uuid:merge_id>/undo")
@guards.staff(permissions.MANAGE)
def undo_patient_merge(merge_id: uuid.UUID) -> AnyResponse:
    """Two cards again."""
    session, actor, now = context.session(), context.actor(), context.now()
    found = next((one for one in _seen_merges() if one.id == merge_id), None)
    if found is None:
        raise NotFound("merge_unknown")
    try:
        left = actions.undo_merge(session, actor, merge_id, now=now)
    except Conflict as error:
        session.rollback()
        return see_other(url_for("console.duplicates"), sentence(error), "bad")
    return see_other(
        url_for("console.patient", patient_id=found.kept_id),
        _undone_words(found.name, found.other, left),
    )


def _undone_words(name: str, other: str, left: int) -> str:
    words = gettext("%(name)s and %(other)s are two cards again.", name=name, other=other)
    if not left:
        return words
    sealed = ngettext(
        "%(num)d record was sealed meanwhile and stays with the kept card.",
        "%(num)d records were sealed meanwhile and stay with the kept card.",
        left,
    )
    return f"{words} {sealed}"


def _seen_merges() -> list[Any]:
    """Merges of the last month, of patients whom the reader may see."""
    session, actor = context.session(), context.actor()
    found = merges(session, actor.clinic, context.now())
    own = visible_patients(actor)
    if own is None or not found:
        return list(found)
    seen = set(session.scalars(own))
    return [one for one in found if one.kept_id in seen]


def _whose(text: str | None, *cards: uuid.UUID) -> uuid.UUID | None:
    return next((one for one in cards if str(one) == text), None)


def _cards(*patient_ids: uuid.UUID) -> list[Patient]:
    return [patient_or_404(context.session(), context.actor(), each) for each in patient_ids]


def _compare_page(cards: list[Patient], problem: str | None = None, status: int = 200) -> Response:
    session, actor, now = context.session(), context.actor(), context.now()
    both = [card.id for card in cards]
    for each in both:
        record_access(session, actor, each, "card", at=now)
    lines = card_lines(session, actor.clinic, both)
    if len(set(both)) < len(both) or len(lines) < len(both):
        raise NotFound("patient_unknown")
    one, other = lines
    held = holdings(session, actor.clinic, both)
    alike = likeness(one.traits, other.traits)
    return page(
        "console/patients/compare.html",
        status=status,
        cards=cards,
        lines=[one, other],
        rows=_rows(cards, [one, other]),
        held=[held_words(held[each]) for each in both],
        caregivers=[held[each].caregivers for each in both],
        signs=sign_words(alike.signs),
        problem=problem,
        kept=in_order(one.standing, other.standing)[0].id,
        writes=actor.kind == STAFF,
    )


def _rows(cards: list[Patient], lines: list[CardLine]) -> list[dict[str, Any]]:
    """What the cards say, field by field; `choose` where staff decide which value counts."""
    names = {
        one.id: one.name
        for one in specialist_lines(context.session(), context.org_id(), active=True)
    }
    read = {
        "name": (gettext("Name"), lambda card: card.name),
        "phone": (gettext("Phone"), lambda card: local_phone(card.phone) if card.phone else None),
        "email": (gettext("E-mail"), lambda card: card.email),
        "locale": (
            gettext("Language of messages"),
            lambda card: dict(LANGUAGES).get(card.locale, card.locale),
        ),
        "preferred_specialist_id": (
            gettext("Usual specialist"),
            lambda card: names.get(card.preferred_specialist_id),
        ),
    }
    rows = []
    for name in FIELDS:
        label, words = read[name]
        values = [words(card) for card in cards]
        if any(values):
            rows.append(
                {
                    "name": name,
                    "label": label,
                    "values": values,
                    "choose": None not in values and values[0] != values[1],
                }
            )
    return rows
