"""Three published networks: Abilene, GEANT and Germany50, as data.

Routers, places and links are those of SNDlib (Orlowski, Wessaely, Pioro, Tomaszewski, SNDlib 1.0: Survivable
Network Design Library, Networks 55(3), 2010; networks `abilene`, `geant` and `germany50`), written down from
the public descriptions. Abilene is the network of 2004 and GEANT that of 2005 whose traffic matrices were
published (Uhlig et al., Providing Public Intradomain Traffic Matrices to the Research Community, CCR 36(1),
2006, for GEANT). A link is as long as the great circle between its ends; distances stand in for the weights
of routing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import lru_cache

from simulators.telemetry.network import Network

_EARTH_KM = 6371.0

# A line per router: its name, longitude and latitude in degrees, and the later routers that it has links to.

_ABILENE = """
ATLAM5 -84.38 33.75 : ATLAng
ATLAng -85.5 34.5 : HSTNng IPLSng WASHng
CHINng -87.62 41.83 : IPLSng NYCMng
DNVRng -105.0 40.75 : KSCYng SNVAng STTLng
HSTNng -95.52 29.77 : KSCYng LOSAng
IPLSng -86.16 39.78 : KSCYng
KSCYng -96.6 38.96
LOSAng -118.25 34.05 : SNVAng
NYCMng -73.97 40.78 : WASHng
SNVAng -122.03 37.39 : STTLng
STTLng -122.3 47.6
WASHng -77.03 38.9
"""

_GEANT = """
at1.at 16.37 48.21 : ch1.ch de1.de hu1.hu ny1.ny si1.si
be1.be 4.35 50.85 : fr1.fr lu1.lu nl1.nl
ch1.ch 6.14 46.2 : fr1.fr it1.it
cz1.cz 14.44 50.08 : de1.de pl1.pl sk1.sk
de1.de 8.68 50.11 : fr1.fr gr1.gr ie1.ie it1.it nl1.nl se1.se
es1.es -3.7 40.42 : fr1.fr it1.it pt1.pt
fr1.fr 2.35 48.86 : lu1.lu uk1.uk
gr1.gr 23.58 37.98 : it1.it
hr1.hr 15.96 45.81 : hu1.hu si1.si
hu1.hu 19.09 47.5 : sk1.sk
ie1.ie -6.26 53.34 : uk1.uk
il1.il 34.81 32.07 : it1.it nl1.nl
it1.it 9.19 45.46
lu1.lu 6.13 49.61
nl1.nl 4.94 52.32 : uk1.uk
ny1.ny -73.94 40.67 : uk1.uk
pl1.pl 16.89 52.4 : se1.se
pt1.pt -9.14 38.71 : uk1.uk
se1.se 17.87 59.36 : uk1.uk
si1.si 14.51 46.06
sk1.sk 17.13 48.15
uk1.uk -0.13 51.51
"""

_GERMANY50 = """
Aachen 6.04 50.76 : Koeln Trier Wesel
Augsburg 10.9 48.33 : Muenchen Ulm Wuerzburg
Bayreuth 11.59 49.93 : Chemnitz Leipzig Nuernberg
Berlin 13.39 52.52 : Dresden Greifswald Leipzig Magdeburg Schwerin
Bielefeld 8.5 52.04 : Braunschweig Hannover Muenster Siegen
Braunschweig 10.55 52.28 : Hamburg Hannover Kassel Magdeburg
Bremen 8.85 53.11 : Bremerhaven Hannover Oldenburg
Bremerhaven 8.58 53.54 : Flensburg
Chemnitz 12.93 50.84 : Dresden Erfurt
Darmstadt 8.65 49.89 : Frankfurt Kaiserslautern Mannheim
Dortmund 7.45 51.51 : Essen Kassel Muenster Siegen
Dresden 13.73 51.03 : Erfurt Leipzig
Duesseldorf 6.77 51.25 : Essen Koeln
Erfurt 11.04 50.98 : Kassel Leipzig Wuerzburg
Essen 7.02 51.46 : Wesel
Flensburg 9.45 54.77 : Kiel
Frankfurt 8.71 50.12 : Fulda Giessen Koblenz
Freiburg 7.8 47.98 : Karlsruhe Konstanz
Fulda 9.69 50.56 : Giessen Kassel Wuerzburg
Giessen 8.67 50.57 : Kassel Siegen
Greifswald 13.4 54.09 : Schwerin
Hamburg 9.99 53.57 : Hannover Kiel Schwerin
Hannover 9.72 52.38 : Osnabrueck
Kaiserslautern 7.75 49.43 : Karlsruhe Koblenz Saarbruecken
Karlsruhe 8.41 49.01 : Mannheim Saarbruecken Stuttgart
Kassel 9.51 51.32
Kempten 10.32 47.72 : Konstanz Muenchen
Kiel 10.12 54.34 : Schwerin
Koblenz 7.52 50.4 : Koeln Siegen Trier
Koeln 6.87 50.94
Konstanz 9.18 47.66 : Stuttgart
Leipzig 12.38 51.34 : Magdeburg
Magdeburg 11.64 52.14 : Schwerin
Mannheim 8.49 49.49
Muenchen 11.57 48.15 : Nuernberg Passau Regensburg
Muenster 7.6 51.97 : Osnabrueck
Norden 7.21 53.6 : Oldenburg Wesel
Nuernberg 11.03 49.57 : Regensburg Wuerzburg
Oldenburg 8.21 53.11 : Osnabrueck Wesel
Osnabrueck 8.03 52.28
Passau 13.46 48.57 : Regensburg
Regensburg 12.09 49.0
Saarbruecken 7.03 49.23 : Trier
Schwerin 11.45 53.55
Siegen 8.03 50.91
Stuttgart 9.1 48.74 : Ulm Wuerzburg
Trier 6.68 49.75
Ulm 9.99 48.4
Wesel 6.37 51.39
Wuerzburg 9.97 49.78
"""


def great_circle_km(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Return the distance between two places, each longitude and latitude in degrees (haversine)."""
    (lon, lat), (to_lon, to_lat) = (tuple(map(math.radians, place)) for place in (one, other))
    half = (
        math.sin((to_lat - lat) / 2) ** 2
        + math.cos(lat) * math.cos(to_lat) * math.sin((to_lon - lon) / 2) ** 2
    )
    return 2 * _EARTH_KM * math.asin(math.sqrt(half))


def _read(name: str, text: str) -> Network:
    lines = [line.partition(" : ") for line in text.strip().splitlines()]
    heads = [head.split() for head, _, _ in lines]
    number = {head[0]: at for at, head in enumerate(heads)}
    place = [(float(lon), float(lat)) for _, lon, lat in heads]
    links = tuple((at, number[there]) for at, (_, _, to) in enumerate(lines) for there in to.split())
    lengths = tuple(great_circle_km(place[a], place[b]) for a, b in links)
    return Network(name, tuple(number), links, lengths)


@lru_cache(maxsize=1)
def abilene() -> Network:
    """Return Abilene: 12 routers, 15 links."""
    return _read("abilene", _ABILENE)


@lru_cache(maxsize=1)
def geant() -> Network:
    """Return GEANT: 22 routers, 36 links."""
    return _read("geant", _GEANT)


@lru_cache(maxsize=1)
def germany50() -> Network:
    """Return Germany50: 50 routers, 88 links."""
    return _read("germany50", _GERMANY50)


NETWORKS: Mapping[str, Callable[[], Network]] = {
    "abilene": abilene,
    "geant": geant,
    "germany50": germany50,
}
