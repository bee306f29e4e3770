"""What a release proposes for the record, by its signal and how its channel stands: pure."""

from __future__ import annotations

from tracker.model import Outcome, Proposal, Signal, State
from tracker.tongue import msg


def propose(signal: Signal, state: State | None, *, cut_before: bool, met_before: bool = False) -> Proposal:
    """What a release's signal asks of a channel now in `state` (None: no history), if a reviewer agrees.

    `cut_before`: it was suspended or ended at some time, so that a first contact is a resumption; `met_before`: a
    contact was held. An agreement to restore is not yet a restoration: on a suspended channel it proposes `planned`.
    """
    match signal, state:
        case Signal.HELD, State.SUSPENDED | State.ENDED:
            return Proposal(State.RESUMED, Outcome.HELD, msg("The first contact since the channel was cut."))
        case Signal.HELD, State.PLANNED if cut_before:
            return Proposal(State.RESUMED, Outcome.HELD, msg("The first contact since the channel was cut."))
        case Signal.HELD, State.PLANNED if met_before:
            return Proposal(
                State.ACTIVE, Outcome.HELD, msg("It met before: the next contact of a channel that was planned.")
            )
        case Signal.HELD, None if met_before:
            return Proposal(
                State.ACTIVE,
                Outcome.HELD,
                msg("It met before: the next contact of a channel without a state on record."),
            )
        case Signal.HELD, State.PLANNED | None:
            return Proposal(State.ACTIVE, Outcome.HELD, msg("The first contact of the channel on record."))
        case Signal.HELD, State.RESUMED:
            return Proposal(
                State.ACTIVE, Outcome.HELD, msg("The next contact after a resumption makes the channel active.")
            )
        case Signal.HELD, _:
            return Proposal(None, Outcome.HELD, msg("A further contact of an active channel."))
        case Signal.ANNOUNCED, State.SUSPENDED | State.ENDED | None:
            return Proposal(State.PLANNED, Outcome.ANNOUNCED, msg("Announced; nothing has taken place yet."))
        case Signal.ANNOUNCED, _:
            return Proposal(None, Outcome.ANNOUNCED, msg("A contact to come; the state stays as it is."))
        case Signal.RESUMED, State.SUSPENDED | State.ENDED:
            return Proposal(State.PLANNED, None, msg("Agreed is not resumed: no contact has taken place yet."))
        case Signal.RESUMED, State.PLANNED:
            return Proposal(State.RESUMED, None, msg("Declared restored after it had been agreed."))
        case Signal.SUSPENDED, State.SUSPENDED:
            return Proposal(None, None, msg("The channel is suspended already; the release is a further source."))
        case Signal.SUSPENDED, _:
            return Proposal(State.SUSPENDED, None, msg("A party has said that the channel is cut."))
        case Signal.ENDED, State.PLANNED | State.ACTIVE | State.SUSPENDED | State.RESUMED | None:
            return Proposal(State.ENDED, None, msg("The channel was dissolved or replaced."))
        case Signal.REFUSED, _:
            return Proposal(
                None, Outcome.REFUSED, msg("Asked for and refused or not answered; the state stays as it is.")
            )
        case Signal.CANCELLED, _:
            return Proposal(None, Outcome.CANCELLED, msg("One contact was called off; the state stays as it is."))
        case Signal.POSTPONED, _:
            return Proposal(None, Outcome.POSTPONED, msg("One contact was put off; the state stays as it is."))
    return Proposal(None, None, msg("The record says so already; the release is a further source."))
