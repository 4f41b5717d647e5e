"""Names that others have too: what a few words are besides an agency's, so that a query can tell them apart.

The lists are short on purpose. A name that is not on them is proposed as it is, and the trial shows what it finds.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

STATES: Mapping[str, str] = MappingProxyType(
    dict(
        pair.split("=")
        for pair in [
            "Alabama=AL",
            "Alaska=AK",
            "Arizona=AZ",
            "Arkansas=AR",
            "California=CA",
            "Colorado=CO",
            "Connecticut=CT",
            "Delaware=DE",
            "Florida=FL",
            "Georgia=GA",
            "Hawaii=HI",
            "Idaho=ID",
            "Illinois=IL",
            "Indiana=IN",
            "Iowa=IA",
            "Kansas=KS",
            "Kentucky=KY",
            "Louisiana=LA",
            "Maine=ME",
            "Maryland=MD",
            "Massachusetts=MA",
            "Michigan=MI",
            "Minnesota=MN",
            "Mississippi=MS",
            "Missouri=MO",
            "Montana=MT",
            "Nebraska=NE",
            "Nevada=NV",
            "New Hampshire=NH",
            "New Jersey=NJ",
            "New Mexico=NM",
            "New York=NY",
            "North Carolina=NC",
            "North Dakota=ND",
            "Ohio=OH",
            "Oklahoma=OK",
            "Oregon=OR",
            "Pennsylvania=PA",
            "Rhode Island=RI",
            "South Carolina=SC",
            "South Dakota=SD",
            "Tennessee=TN",
            "Texas=TX",
            "Utah=UT",
            "Vermont=VT",
            "Virginia=VA",
            "Washington=WA",
            "West Virginia=WV",
            "Wisconsin=WI",
            "Wyoming=WY",
        ]
    )
)
"""The states of the United States and their short forms."""

SHARED: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "albany": ("New York", "Georgia", "Oregon"),
        "alexandria": ("Virginia", "Louisiana", "Egypt"),
        "arlington": ("Texas", "Virginia", "Massachusetts"),
        "athens": ("Georgia", "Ohio", "Greece"),
        "auburn": ("Alabama", "Washington", "Maine", "New York"),
        "aurora": ("Colorado", "Illinois", "Ontario"),
        "birmingham": ("Alabama", "England", "Michigan"),
        "bloomington": ("Indiana", "Illinois", "Minnesota"),
        "boston": ("Massachusetts", "Lincolnshire"),
        "bristol": ("England", "Connecticut", "Tennessee", "Virginia"),
        "burlington": ("Vermont", "Ontario", "North Carolina", "Massachusetts"),
        "cambridge": ("England", "Massachusetts", "Ontario"),
        "charleston": ("South Carolina", "West Virginia"),
        "cleveland": ("Ohio", "Tennessee"),
        "clinton": ("Mississippi", "Iowa", "Maryland"),
        "columbia": ("South Carolina", "Missouri", "Maryland"),
        "columbus": ("Ohio", "Georgia", "Indiana"),
        "concord": ("New Hampshire", "California", "North Carolina", "Massachusetts"),
        "dover": ("Delaware", "New Hampshire", "England"),
        "fayetteville": ("North Carolina", "Arkansas", "Georgia"),
        "florence": ("South Carolina", "Alabama", "Italy"),
        "franklin": ("Tennessee", "Massachusetts", "Wisconsin"),
        "georgetown": ("Texas", "Kentucky", "South Carolina"),
        "glendale": ("Arizona", "California"),
        "greenville": ("South Carolina", "North Carolina", "Mississippi"),
        "jackson": ("Mississippi", "Michigan", "Tennessee", "Wyoming"),
        "jacksonville": ("Florida", "North Carolina"),
        "kansas city": ("Missouri", "Kansas"),
        "lafayette": ("Louisiana", "Indiana", "Colorado"),
        "lancaster": ("Pennsylvania", "California", "England"),
        "las vegas": ("Nevada", "New Mexico"),
        "lexington": ("Kentucky", "Massachusetts"),
        "london": ("England", "Ontario"),
        "madison": ("Wisconsin", "Alabama"),
        "manchester": ("England", "New Hampshire", "Connecticut"),
        "newark": ("New Jersey", "Delaware", "Ohio"),
        "newport": ("Rhode Island", "Wales", "Kentucky"),
        "oxford": ("England", "Mississippi", "Ohio"),
        "paris": ("France", "Texas"),
        "pasadena": ("California", "Texas"),
        "peoria": ("Illinois", "Arizona"),
        "perth": ("Scotland", "Australia"),
        "plymouth": ("England", "Massachusetts", "Minnesota"),
        "portland": ("Oregon", "Maine"),
        "richmond": ("Virginia", "California", "British Columbia"),
        "rochester": ("New York", "Minnesota"),
        "salem": ("Oregon", "Massachusetts"),
        "springfield": ("Illinois", "Massachusetts", "Missouri", "Ohio", "Oregon"),
        "vancouver": ("British Columbia", "Washington"),
        "wilmington": ("Delaware", "North Carolina"),
    }
)
"""Places of one name, by the state or country in which each is."""

EVERYDAY_PLACES = frozenset(
    [
        "bath",
        "battle",
        "boulder",
        "buffalo",
        "commerce",
        "deal",
        "eagle",
        "enterprise",
        "eureka",
        "hope",
        "independence",
        "industry",
        "jersey",
        "justice",
        "liberty",
        "mobile",
        "nice",
        "normal",
        "orange",
        "phoenix",
        "providence",
        "reading",
        "rugby",
        "sandwich",
        "sandy",
        "surprise",
        "union",
        "weed",
    ]
)
"""Places whose name is also an everyday word: case does not matter in a query."""

FAMOUS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "boston": ("Boston Celtics", "Boston Red Sox"),
        "cambridge": ("University of Cambridge", "Cambridge University"),
        "cleveland": ("Grover Cleveland", "Cleveland Browns"),
        "clinton": ("Hillary Clinton", "Bill Clinton"),
        "jackson": ("Michael Jackson", "Andrew Jackson"),
        "lincoln": ("Abraham Lincoln",),
        "madison": ("James Madison", "Madison Square Garden"),
        "manchester": ("Manchester United", "Manchester City"),
        "oxford": ("University of Oxford", "Oxford University", "Oxford University Press"),
        "paris": ("Paris Agreement", "Paris Hilton"),
        "phoenix": ("Phoenix Suns",),
        "springfield": ("The Simpsons",),
        "washington": ("George Washington", "Washington Post"),
    }
)
"""What else is known by a place's name."""
