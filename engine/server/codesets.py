"""CodeSetService: the look-ups of codesets/ in messages."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from functools import lru_cache, partial
from typing import Any

from codesets.claim_lines import validate_lines
from codesets.errors import UnknownCodeError
from codesets.search import MAX_QUERY_CHARACTERS, MatchKind, SearchHit, search_codes, searched_releases
from codesets.snapshot import Snapshot
from codesets.store import Releases
from codesets.translate import translate
from codesets.types import Release, System
from codesets.validate import CodeCheck, CodeStatus, normalise_code
from engine import __version__
from engine.pb.chartcoder.v1 import codeset_pb2 as pb
from engine.pb.chartcoder.v1.types_pb2 import ResponseHeader
from engine.server.calls import current_call
from engine.server.convert import enum_numbers, put_code, put_code_set, put_header
from engine.server.crosswalks import facts_from, put_map_source, put_titles, put_translation
from engine.server.paging import MAX_OFFSET, make_token, page_size_from, read_token
from engine.server.pool import EnginePool
from engine.server.status import to_status
from engine.server.validate import Checker, check_codes, day_from, parse, system_from
from engine.server.wire import encode_varint
from engine.types import Header, ReleaseUsed

SERVICE = "chartcoder.v1.CodeSetService"
# Up to this many codes are looked up in the event loop: it takes less than going to a thread and back.
_INLINE_CODES = 16
# Checking one that is no code takes a millisecond: what may be meant is looked for.
_INLINE_CHECKS = 1
# So many are checked before other look-ups have their turn in the thread.
_CHECKED_AT_ONCE = 50
# Encoded look-ups that a worker keeps: a few hundred bytes each.
_KEPT_LOOKUPS = 8192
# Field 1 of every reply, a message.
_HEADER_TAG = 0x0A
_MATCHES = enum_numbers(pb.SearchMatch, tuple(MatchKind), "SEARCH_MATCH")
_STATUSES = enum_numbers(pb.CodeStatus, tuple(CodeStatus), "CODE_STATUS")


class CodeSetService:
    """Answers from the loaded releases."""

    def __init__(self, releases: Releases, pool: EnginePool) -> None:
        self._releases = releases
        self._pool = pool
        self._encode_lookup = lru_cache(maxsize=_KEPT_LOOKUPS)(_encode_lookup)

    async def lookup_code(self, data: bytes, context: Any) -> bytes:
        """Give codes with their titles, notes and place."""
        request = parse(pb.LookupCodeRequest, data)
        return await self._run(self._lookup, request, is_short=len(request.codes) <= _INLINE_CODES)

    async def search_codes(self, data: bytes, context: Any) -> bytes:
        """Find codes by words."""
        return await self._run(self._search, parse(pb.SearchCodesRequest, data))

    async def validate_codes(self, data: bytes, context: Any) -> bytes:
        """Check codes on a date."""
        request = parse(pb.ValidateCodesRequest, data)
        system = system_from(request.system, field="system")
        checker = Checker()
        day = _optional_day(checker, request, "date")
        check_codes(checker, request.codes)
        checker.finish()
        reply = [encode_head(current_call().request_id, self._releases.release(system, day).release)]
        for batch in _batches(request.codes, _CHECKED_AT_ONCE):
            work = partial(self._validate, system, batch, day)
            is_short = len(request.codes) <= _INLINE_CHECKS
            reply.append(work() if is_short else await self._pool.run_lookup(work))
        return b"".join(reply)

    async def translate_code(self, data: bytes, context: Any) -> bytes:
        """Carry codes to another release."""
        request = parse(pb.TranslateCodeRequest, data)
        return await self._run(self._translate, request, is_short=len(request.codes) <= _INLINE_CODES)

    async def list_code_sets(self, data: bytes, context: Any) -> bytes:
        """List the loaded releases."""
        return await self._run(self._list, parse(pb.ListCodeSetsRequest, data), is_short=True)

    async def _run(self, answer: Callable[[Any, str], bytes], request: Any, *, is_short: bool = False) -> bytes:
        work = partial(answer, request, current_call().request_id)
        return work() if is_short else await self._pool.run_lookup(work)

    def _lookup(self, request: pb.LookupCodeRequest, request_id: str) -> bytes:
        system = system_from(request.system, field="system")
        checker = Checker()
        day = _optional_day(checker, request, "date")
        check_codes(checker, request.codes)
        checker.finish()
        snapshot = self._releases.release(system, day)
        results = (self._encode_lookup(self._releases, snapshot, asked) for asked in request.codes)
        return encode_head(request_id, snapshot.release) + b"".join(results)

    def _search(self, request: pb.SearchCodesRequest, request_id: str) -> bytes:
        checker = Checker()
        query = request.query.strip()
        checker.want("query", bool(query), "got nothing, want words or a code")
        length = len(query)
        most = MAX_QUERY_CHARACTERS
        checker.want("query", length <= most, f"got {length} characters, want at most {most}")
        systems = [system_from(name, field=f"systems[{n}]") for n, name in enumerate(request.systems)]
        day = _optional_day(checker, request, "date")
        size = checker.take("page_size", lambda: page_size_from(request.page_size, default=20, most=100), 0)
        offset = checker.take("page_token", lambda: read_token(request.page_token, request), 0)
        checker.finish()
        hits = search_codes(
            self._releases,
            query,
            systems=systems,
            day=day,
            billable_only=request.billable_only,
            limit=size + 1,
            offset=offset,
        )
        reply = pb.SearchCodesResponse()
        for hit in hits[:size]:
            _put_hit(reply.hits.add(), hit)
        if len(hits) > size and offset + size <= MAX_OFFSET:
            reply.next_page_token = make_token(offset + size, request)
        used = (snapshot.release for snapshot in searched_releases(self._releases, systems, day))
        return encode_head(request_id, *used) + reply.SerializeToString()

    def _validate(self, system: System, codes: Sequence[str], day: date | None) -> bytes:
        reply = pb.ValidateCodesResponse()
        for check in validate_lines(self._releases, system, codes, day):
            _put_check(reply.checks.add(), check)
        return reply.SerializeToString()

    def _translate(self, request: pb.TranslateCodeRequest, request_id: str) -> bytes:
        checker = Checker()
        source = system_from(request.source_system, field="source_system")
        target = system_from(request.target_system or source, field="target_system")
        days = {name: _optional_day(checker, request, name) for name in ("source_date", "target_date")}
        facts = facts_from(checker, request)
        check_codes(checker, request.codes)
        checker.finish()
        made = translate(
            self._releases,
            request.codes,
            source=source,
            target=target,
            source_day=days["source_date"],
            target_day=days["target_date"],
            facts=facts,
        )
        reply = pb.TranslateCodeResponse()
        for translation in made.translations:
            put_translation(reply.translations.add(), translation, source)
        for crosswalk in made.maps:
            put_map_source(reply.maps.add(), crosswalk)
        return encode_head(request_id, *made.releases) + reply.SerializeToString()

    def _list(self, request: pb.ListCodeSetsRequest, request_id: str) -> bytes:
        system = system_from(request.system, field="system") if request.system else None
        checker = Checker()
        size = checker.take("page_size", lambda: page_size_from(request.page_size, default=50, most=100), 0)
        offset = checker.take("page_token", lambda: read_token(request.page_token, request), 0)
        checker.finish()
        releases = [release for release in self._releases.list() if system in (None, release.system)]
        reply = pb.ListCodeSetsResponse()
        for release in releases[offset : offset + size]:
            put_code_set(reply.code_sets.add(), release)
        for crosswalk in self._releases.crosswalks if not offset else ():
            if system in (None, crosswalk.release.source_system, crosswalk.release.target_system):
                put_map_source(reply.crosswalks.add(), crosswalk.release)
        if len(releases) > offset + size:
            reply.next_page_token = make_token(offset + size, request)
        return encode_head(request_id, *releases[offset : offset + size]) + reply.SerializeToString()


def _batches(codes: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    return (codes[at : at + size] for at in range(0, len(codes), size))


def _optional_day(checker: Checker, request: Any, name: str) -> date | None:
    if not request.HasField(name):
        return None
    return checker.take(name, lambda: day_from(getattr(request, name)), None)


def encode_head(request_id: str, *releases: Release) -> bytes:
    """Return the field `header` of a reply, encoded; messages laid end to end are one, so what follows is the rest."""
    content = _made_with(releases) + ResponseHeader(request_id=request_id).SerializeToString()
    return b"%c%b%b" % (_HEADER_TAG, encode_varint(len(content)), content)


@lru_cache(maxsize=64)  # a worker has a handful of releases
def _made_with(releases: tuple[Release, ...]) -> bytes:
    used = tuple(dict.fromkeys(ReleaseUsed(r.system.value, r.version, r.content_hash) for r in releases))
    header = ResponseHeader()
    put_header(header, Header(__version__, used, (), ""))
    return header.SerializeToString()


def _encode_lookup(releases: Releases, snapshot: Snapshot, asked: str) -> bytes:
    """Return one result of a LookupCodeResponse, encoded as its field."""
    reply = pb.LookupCodeResponse()
    result = reply.results.add(asked=asked)
    written = normalise_code(asked, snapshot.release.system)
    try:
        put_code(result.code, releases.find(snapshot, written))
    except UnknownCodeError as error:
        result.ClearField("code")
        result.error.CopyFrom(to_status(error))
        for key in releases.key_terms(snapshot, asked):
            result.key_terms.add(
                section=key.section, position=key.position, axis=key.axis, label=key.label, scope=key.scope
            )
    return reply.SerializeToString()


def _put_hit(to: pb.SearchHit, hit: SearchHit) -> None:
    to.system = hit.system.value
    to.code = hit.code
    to.title = hit.title
    to.billable = hit.billable
    to.score = hit.score
    to.match = _MATCHES[hit.match]
    to.matched_term = hit.matched_term


def _put_check(to: pb.CodeCheck, check: CodeCheck) -> None:
    to.asked = check.asked
    to.code = check.code
    to.status = _STATUSES[check.status]
    to.message = check.message
    to.title = check.title
    put_titles(to.alternatives, check.alternatives)
