"""One visit to a feed's source: signed in where it wants that, within its budgets, page after page."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from zlib import crc32

from listening.collect.states import from_the_future
from listening.collect.terms import Hands, Job, Tally
from listening.collectors import Collector
from listening.collectors.guard import guarded, whole
from listening.collectors.protocols import Budgeted
from listening.errors import BudgetSpent, FeedError, FeedExpired
from listening.fetch import Fetched, Validators, moved, retry_after, same_host
from listening.models import NO_OPTIONS, Answer, Budget, Feed, Page, Request
from listening.store import FeedState, Store, spending


def rest_until(page: Page, answer: Answer, now: datetime) -> datetime | None:
    """Until when the server wants rest: it said so, or we have used the last of what it allows for now."""
    said = retry_after(answer.headers, now) if answer.status == 200 else None
    asked = now + timedelta(seconds=page.wait) if page.wait > 0 else None
    until = max((moment for moment in (said, asked) if moment is not None), default=None)
    return until if until is not None and until > now else None


@dataclass(kw_only=True, slots=True)
class Visit:
    """One visit to a feed's source: signed in where it wants that, and within its budgets.

    ``fresh`` are the headers of a sign-in that was made during the visit: the pages that follow are asked with them.
    """

    job: Job
    hands: Hands
    module: Collector
    feed: Feed
    signed: Mapping[str, str] = field(default_factory=dict, repr=False)
    fresh: Mapping[str, str] = field(default_factory=dict, repr=False)
    renewed: bool = False
    reserved_at: datetime | None = None

    async def secrets(self) -> Mapping[str, str]:
        self.signed = await self.job.sessions.secrets(
            self.module, self.feed, self.job.secrets, self._plain, self.job.clock()
        )
        return self.signed

    async def _plain(self, request: Request) -> Answer:
        return replace((await self.job.get(request, Validators())).answer, request=request)

    async def ask(
        self, request: Request, validators: Validators, tally: Tally, *, named: bool
    ) -> tuple[Fetched, Page | None]:
        """Ask; where the sign-in has run out, sign in once more and ask again (then with the page, read already)."""
        fetched = await self._once(request, validators, tally, named=named)
        if self.renewed or not self.signed or fetched.answer.status not in (400, 401, 403):
            return fetched, None
        try:
            return fetched, await self.read(fetched.answer, request, tally)
        except FeedExpired:
            self.renewed = True
            again = await self.job.sessions.renewed(
                self.module, self.feed, self.job.secrets, self._plain, self.job.clock(), ended=self.signed
            )
            if again is None:
                raise
            self.signed, self.fresh = again, guarded(self.module.locate, self.feed, None, again).headers
            request = replace(request, headers={**request.headers, **self.fresh})
            return await self._once(request, Validators(), tally, named=named), None

    async def _once(self, request: Request, validators: Validators, tally: Tally, *, named: bool) -> Fetched:
        await self._reserve(request)
        fetched = await self.job.get(request, validators, named=named)
        now = self.job.clock()
        answer = fetched.answer
        tally.reached = True
        self.hands.gate.open()
        tally.clock_off = tally.clock_off or clock_off(answer.headers.get("date"), now)
        tally.retry_at = retry_after(answer.headers, now) if answer.status in (429, 503) else None
        tally.ordered = answer.status in (429, 503)
        return replace(fetched, answer=replace(answer, request=request))

    async def read(self, answer: Answer, request: Request, tally: Tally) -> Page:
        """What an answer holds; the budgets are set right by what it says that it used."""
        try:
            page = whole(await self.hands.do(guarded, self.module.parse, answer, self.feed))
        except FeedError as error:
            await self._settle(request, error.spent)
            if error.wait > 0:
                asked = self.job.clock() + timedelta(seconds=error.wait)
                tally.retry_at, tally.ordered = max(asked, tally.retry_at or asked), True
            raise
        await self._settle(request, page.spent)
        return page

    async def _settle(self, request: Request, spent: Mapping[str, int]) -> None:
        if spent:
            store, at = self.job.store, self.reserved_at or self.job.clock()
            await self.hands.do(settle, store, self._budgets(), request.costs, spent, at)

    def _budgets(self) -> Sequence[Budget]:
        return self.module.budgets(self.feed) if isinstance(self.module, Budgeted) else ()

    async def _reserve(self, request: Request) -> None:
        if request.costs:
            self.reserved_at = self.job.clock()
            await self.hands.do(reserve, self.job.store, self._budgets(), request.costs, self.reserved_at)


def reserve(store: Store, budgets: Sequence[Budget], costs: Mapping[str, int], now: datetime) -> None:
    """Note what a request may use, before it is made; BudgetSpent where there is not so much left."""
    with store.writing() as connection:
        for budget in budgets:
            amount = costs.get(budget.name, 0)
            until = spending.reserve(connection, budget, amount, now) if amount else None
            if until is not None:
                so_far = spending.in_words(budget, spending.used(connection, budget, now))
                of_what = "today" if budget.period == "day" else "this month"
                raise BudgetSpent(
                    f"{budget.words}; {so_far} are used {of_what}.",
                    "Nothing is lost: it goes on when there is more.",
                    until=until,
                )


def settle(
    store: Store, budgets: Sequence[Budget], costs: Mapping[str, int], actual: Mapping[str, int], reserved_at: datetime
) -> None:
    """Set right what was noted before a request, by what it really used, in the day or month in which it was noted."""
    with store.writing() as connection:
        for budget in budgets:
            if budget.name in costs and budget.name in actual:
                spending.settle(connection, budget, costs[budget.name], actual[budget.name], reserved_at)


def next_page(request: Request | None, first: Request) -> Request | None:
    """The next page is asked as the first one was: with its headers, its pauses, and the same secrets kept.

    Only on the same server: an answer cannot send us, or our token, elsewhere.
    """
    if request is None or not same_host(first.url, request.url):
        return None
    return replace(
        request,
        headers={**first.headers, **request.headers},
        pause=max(first.pause, request.pause),
        secret=tuple(dict.fromkeys((*first.secret, *request.secret))),
        secret_path=first.secret_path or request.secret_path,
    )


def adopted(state: FeedState, now: datetime) -> bool:
    return state.moved_to is not None and moved(state.moved_to, state.moved_since, state.moved_to, now)[2]


def mark_of(
    request: Request, job_fingerprint: str, budgets: Sequence[Budget] = (), keys: Mapping[str, str] = NO_OPTIONS
) -> str:
    """Changes with what a feed is asked for, with what it may use, and with its source's keys: whoever allows more, or
    sets a key, need not wait. Two words: of where and by whose leave it is asked, and of what the job seeks there."""
    allowed = "".join(f" {budget.name} {budget.most}" for budget in budgets)
    # Of a key so little that nobody can tell it from this: only that it is another one.
    allowed += "".join(f" {name} {crc32(value.encode()) % 4096}" for name, value in sorted(keys.items()))
    # A hash: the address may carry a token, and tokens are not written down.
    return f"{hashlib.blake2b(f'{request.url}{allowed}'.encode(), digest_size=10).hexdigest()} {job_fingerprint}"


def holds(state: FeedState, mark: str | None, now: datetime) -> bool:
    """Whether the server itself wants rest until later, and from this mark's address: another query does not change
    that."""
    if not state.ordered or state.not_before is None or state.not_before <= now or from_the_future(state, now):
        return False
    return state.asked_with is not None and mark is not None and state.asked_with.split()[0] == mark.split()[0]


def clock_off(date_header: str | None, now: datetime) -> timedelta | None:
    """How far this computer's clock is from the server's."""
    try:
        said = parsedate_to_datetime(date_header or "")
    except (ValueError, TypeError):
        return None
    return now - (said if said.tzinfo else said.replace(tzinfo=UTC))
