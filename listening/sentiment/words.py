"""The word lists of the rules: what is neutral for a public body, and what an emoji means.

Changing a list changes the tagger's version. Every word here is in VADER's lexicon with a sign; they were found by
counting, in labelled texts, how seldom a text with the word carries its sign, and then read through one by one.
Opinions stay scored: a word is here only if it is mostly politeness, a topic, or an everyday verb.
"""

from __future__ import annotations

_ASKING = """
    please pls plz kindly dear help share shared hand number matter matters want chance chances forget excuse
    apologize apologizes apologized apology resolve solution reached giving guarantee promised allow certain clear
    accept create created extend fit interest original natural determined easily engage engaged surprised cares
"""

_PUBLIC_LIFE = """
    justice security safety defense defence authority intelligence treasury united supreme party parties legal
    sentence sentences verdict benefit benefits credit grant grants responsible entitled protected restore reward
    protect protects
    promoting launched exclusive limited prevent prevents escape favor holiday played joke grand stress tears
"""

_EVENTS = """
    emergency alert warning warnings greater fire crime war wars conflict conflicts battle fight fighting
    injured ill affected victim victims poverty unemployment cancer block challenge challenges prison prisoner prisoners
"""

NEUTRAL_WORDS: frozenset[str] = frozenset((_ASKING + _PUBLIC_LIFE + _EVENTS).split())

_PHRASES = """
    death certificate; death certificates; death toll; death registration
    fraud office; serious fraud; fraud prevention; fraud squad
    disaster relief; disaster recovery; disaster response; disaster area; disaster assistance; disaster management
    natural disaster; natural disasters; disaster declaration
    severe weather; severe thunderstorm; weather warning; weather warnings; flood warning; flood warnings
    flood risk; fire risk; risk assessment; risk management; accident and emergency
    hospital trust; foundation trust; nhs trust; healthcare trust; trust fund
    hospital trusts; foundation trusts; nhs trusts; care worker; care workers; care staff; heart attack; heart disease
    special weather statement; strong wind; strong winds; strong storm; strong storms; strong thunderstorms
    awards contract; awarded contract; contract award; awarded a contract; awards a contract
    effective immediately; effective date; effective from; effective until
    health care; social care; child care; urgent care; primary care; intensive care; care home; care homes
    tax relief; debt relief; relief fund; parking fine; lost property; lost and found
    freedom of information; hate crime; hate crimes; domestic violence; domestic abuse; substance abuse; drug abuse
    great britain; kind regards; best regards; good morning; good afternoon; good evening; thanks in advance
    would like; i'd like; looks like; look like; feel like; feels like; seems like; sounds like; like to know
    as well; well as; pretty much
"""

NEUTRAL_PHRASES: frozenset[str] = frozenset(
    phrase.strip() for line in _PHRASES.strip().splitlines() for phrase in line.split(";")
)

GOOD_EMOJIS: str = "👍👏💪🎉✅"
BAD_EMOJIS: str = "👎😡😠🤬😤😒🤢🤮👿"
# Laughing, crying, praying and burning are done over good and bad news alike.
UNCLEAR_EMOJIS: str = "😂🤣😹😆😅😭😢😥😩🙏🔥💔"
