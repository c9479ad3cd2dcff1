"""Cuts the sections of a note into sentences, by begin and end.

A sentence here is what one statement's cues may reach: a sentence of prose, an item of a list, a line of a form, a
heading. Every stop, line break and bullet is a candidate for a boundary, judged by what stands beside it. The
cutting is native (engine/_fasttext_sentences.hpp), by the words below; its plain twin is tests/text/plain_sentences.py.
"""

from collections.abc import Sequence

from engine._fasttext import SentenceFinder
from engine.types import Section

# A full stop after one of these never ends a sentence; after one of the second set only before a capital.
TITLES = frozenset(
    str.split("""
    dr mr mrs ms prof st vs e.g i.e eg cf fig figs approx ca rev sgt lt col gen pt.s etal viz
    """)
)
ABBREVIATIONS = frozenset(
    str.split("""
    mg mcg ml cm mm kg lb lbs oz in ft hr hrs min mins sec wk wks mo mos yr yrs y.o yo pt pts hx dx rx tx sx fx h.o
    s.p w.u no nos vol est dept ave blvd q.d b.i.d t.i.d q.i.d p.o p.r.n q.h.s h.s q qd bid tid qid po prn qhs hs
    a.m p.m i.v i.m s.c p.c a.c o.d o.s o.u al etc temp resp wt ht abd ext neg pos inc jr sr m.d d.o ph.d r.n p.a
    u.s aug sept oct nov dec jan feb mar apr jun jul mon tue wed thu fri sat sun
    """)
)
# A line that ends with one of these goes on in the next, and one that begins with it goes on from the last.
CONNECTIVES = frozenset(
    str.split("""
    and or nor but with without of to in on at by for from the a an as that which who than then is was are were be
    been has have had not no his her their any due per after before during while if into over under about
    """)
)
# The letter after one of these is no initial of a name.
LETTERED = frozenset(("hepatitis", "vitamin"))
_FINDER = SentenceFinder(titles=TITLES, abbreviations=ABBREVIATIONS, connectives=CONNECTIVES, lettered=LETTERED)


def find_sentences(text: str, sections: Sequence[Section]) -> list[tuple[int, int]]:
    """List the (begin, end) of the sentences of a text, in order, without the white space around them.

    No sentence crosses the edge of a section; a heading is a sentence of its own.
    """
    return _FINDER.find(text, sections)
