"""Tables in the manner of those that the literature orders: entities of skewed popularity, joined to facts.

A table is drawn by its family's rule: the entities and their attributes (fixed by the entity, which is the
functional dependency), a Zipf law by which facts pick entities, and the facts' own columns. `beer` follows
the statistics of a published table (distinct values and mean lengths); the others follow the columns of the
published ones and the general rule.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random

from simulators.prefix.table import Table, table_of
from simulators.prefix.words import Words, date, picks, weighted

Made = tuple[list[str], list[list[str]], list[tuple[str, str]]]
"""Columns, rows, and pairs of columns of which the first implies the second."""


@dataclass(frozen=True)
class Shape:
    """How large and how skewed a table is."""

    rows: int
    zipf: float
    """Exponent of the popularity of entities."""
    fan_out: float
    """Facts per entity, in the mean."""
    clustered: bool
    """Whether the facts of an entity come together, as a join gives them, or shuffled."""
    shuffled_columns: bool = True
    """Whether columns come in any order, as queries name them, or in that of the family."""

    @property
    def entities(self) -> int:
        """How many there are to pick from."""
        return max(2, round(self.rows / self.fan_out))


def draw_table(rng: Random, family: str, shape: Shape) -> Table:
    """Return a table of a family.

    Args:
        rng: where all randomness comes from.
        family: one of `FAMILIES`.
        shape: its size and skew.
    """
    columns, rows, pairs = FAMILIES[family](rng, shape)
    if not shape.clustered:
        rng.shuffle(rows)
    order = list(range(len(columns)))
    if shape.shuffled_columns:
        rng.shuffle(order)
    return table_of([columns[at] for at in order], [[row[at] for at in order] for row in rows], pairs)


def beer(rng: Random, shape: Shape) -> Made:
    """Reviews of beers: columns, distinct values and mean lengths of a published table."""
    words, number = Words(rng), shape.entities
    styles = words.names(max(3, min(78, number // 4)), 1, 2)
    numbers = rng.sample(range(10, 20_000 + number), number)
    names = words.names(number, 2, 5)
    beers = [[name, rng.choice(styles), str(identity)] for name, identity in zip(names, numbers, strict=True)]
    quality = [rng.gauss(0.0, 1.0) for _ in beers]
    people = [
        words.word() + rng.choice(("", str(rng.randint(1, 99)))) for _ in range(max(2, shape.rows // 3))
    ]
    rows = []
    for at, reviewer in zip(
        _facts(rng, shape), picks(rng, shape.rows, len(people), 0.5 * shape.zipf), strict=True
    ):
        good = 0.8 * quality[at] + rng.gauss(0.0, 0.6)
        when = str(86_400 * rng.randint(11_575, 15_393))  # whole days
        marks = [f"{_mark(rng, good, most)}/{most}" for most in (20, 10, 5, 5)]
        rows.append([people[reviewer], when, *marks, *beers[at]])
    columns = ["profileName", "time", "overall", "taste", "palate", "appearance", "name", "style", "beerId"]
    return columns, rows, [("name", "beerId"), ("beerId", "name"), ("name", "style")]


def movies(rng: Random, shape: Shape) -> Made:
    """Reviews of films: a long description and other attributes follow from the link of the film."""
    words, number = Words(rng), shape.entities
    companies, kinds = words.names(max(2, number // 3), 1, 3), words.names(9, 1, 1)
    films = []
    for title in words.names(number, 1, 4):
        link = "https://www.example.org/m/" + title.lower().replace(" ", "_")
        genres = ", ".join(rng.sample(kinds, rng.randint(1, 3)))
        films.append([title, link, words.text(rng.randint(25, 60)), genres, rng.choice(companies)])
    rows = []
    for at in _facts(rng, shape):
        title, link, info, genres, company = films[at]
        review = words.text(rng.randint(8, 30))
        verdict = weighted(rng, {"Fresh": 0.62, "Rotten": 0.38})
        rows.append([link, title, info, genres, company, review, verdict, str(rng.random() < 0.3)])
    columns = ["link", "title", "info", "genres", "company", "review", "verdict", "topCritic"]
    return columns, rows, [("link", each) for each in columns[1:5]]


def products(rng: Random, shape: Shape) -> Made:
    """Reviews of products: very long descriptions that begin alike for one maker."""
    words, number = Words(rng), shape.entities
    makers = [(name, words.text(rng.randint(6, 20))) for name in words.names(max(2, number // 5), 1, 2)]
    goods = []
    for title, identity in zip(words.names(number, 2, 6), rng.sample(range(10**7), number), strict=True):
        maker, blurb = rng.choice(makers)
        about = f"{blurb} {words.text(rng.randint(20, 70))}"
        goods.append([f"B0{identity:07d}", f"{maker} {title}", about])
    openings = [words.text(rng.randint(2, 4)) for _ in range(12)]
    rows = []
    for at in _facts(rng, shape):
        rating = weighted(rng, {"5.0": 0.6, "4.0": 0.16, "3.0": 0.08, "2.0": 0.05, "1.0": 0.11})
        text = words.text(rng.randint(5, 25))
        user = "AE" + "".join(rng.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", k=12))
        bought = str(rng.random() < 0.9)
        rows.append([rating, rng.choice(openings), text, *goods[at], user, bought])
    columns = ["rating", "reviewTitle", "text", "productId", "title", "description", "userId", "verified"]
    return columns, rows, [("productId", "title"), ("productId", "description")]


def catalog(rng: Random, shape: Shape) -> Made:
    """Entries of a wide catalogue: many narrow columns, most with few values, some that go together."""
    words, number = Words(rng), shape.entities
    licences = [
        f"https://example.org/licenses/{name}/{rng.randint(1, 4)}.0/" for name in ("by", "by-sa", "zero")
    ]
    genres = words.names(8, 1, 1)
    artists = [[name, rng.choice(genres)] for name in words.names(number, 2, 3)]
    flags = ["hasLyrics", "isArrangement", "isOfficial", "isPublic", "isSolo", "hasAnnotations", "isPro"]
    shares = [rng.choice((0.02, 0.1, 0.3, 0.5, 0.9)) for _ in flags]
    rows = []
    for at in _facts(rng, shape):
        licence = licences[min(2, int(rng.expovariate(1.2)))]
        title = words.name(rng.randint(1, 5))
        path = f"data/{rng.randint(0, 9)}/{rng.randint(0, 9)}/{rng.randrange(10**8):08d}.json"
        counts = [str(min(9, int(rng.expovariate(rate)))) for rate in (0.3, 0.7, 1.5)]
        told = [str(rng.random() < share) for share in shares]
        rows.append([path, title, *artists[at], *told, licence, f"{licence}deed", *counts])
    columns = [
        "path",
        "title",
        "artist",
        "genre",
        *flags,
        "license",
        "licenseUrl",
        "tracks",
        "rating",
        "version",
    ]
    return columns, rows, [("artist", "genre"), ("license", "licenseUrl"), ("licenseUrl", "license")]


def orders(rng: Random, shape: Shape) -> Made:
    """Order lines, a star of two: customers with their address, and goods with their description."""
    words, number = Words(rng), shape.entities
    cities = [
        [name, rng.choice(("North", "South", "East"))] for name in words.names(max(2, number // 4), 1, 2)
    ]
    customers = [
        [f"CUST-{at:05d}", words.name(2), f"{rng.randint(1, 99)} {words.name(2)} Street", *rng.choice(cities)]
        for at in range(number)
    ]
    kinds = [[name, words.text(rng.randint(4, 16))] for name in words.names(max(2, number // 4), 1, 2)]
    goods = [
        [f"SKU-{at:05d}", words.name(3), words.text(rng.randint(8, 30)), *rng.choice(kinds)]
        for at in range(number)
    ]
    buyers = picks(rng, shape.rows, number, shape.zipf)
    rows = [
        [*customers[buyer], *goods[good], str(min(20, 1 + int(rng.expovariate(0.6)))), date(rng)]
        for good, buyer in zip(_facts(rng, shape), buyers, strict=True)
    ]
    columns = ["customer", "name", "address", "city", "region", "sku", "product", "about", "kind", "terms"]
    implied = [("customer", each) for each in columns[1:5]] + [("sku", each) for each in columns[6:]]
    closer = [("city", "region"), ("kind", "terms")]
    return [*columns, "quantity", "ordered"], rows, implied + closer


def posts(rng: Random, shape: Shape) -> Made:
    """Comments on posts: few columns, one of them very long and repeated."""
    words, number = Words(rng), shape.entities
    numbers = rng.sample(range(1, 100_000), number)
    written = [[str(each), date(rng), words.text(rng.randint(40, 110))] for each in numbers]
    rows = [[*written[at], words.text(rng.randint(6, 40))] for at in _facts(rng, shape)]
    columns = ["postId", "postDate", "body", "comment"]
    return columns, rows, [("postId", "postDate"), ("postId", "body")]


def logs(rng: Random, shape: Shape) -> Made:
    """Log lines: hardly a value comes twice, but most begin as others do."""
    words, number = Words(rng), shape.entities
    templates = [words.text(rng.randint(6, 14))[:-1] for _ in range(max(2, number // 3))]
    services = [f"{words.word()}-{words.word()}" for _ in range(max(2, number // 4))]
    rows = []
    for at in _facts(rng, shape):
        service = rng.choice(services)
        host = f"{service}.rack{rng.randint(1, 9)}.example.org:{rng.randint(1000, 9999)}"
        message = f"{templates[at % len(templates)]} {rng.randint(1, 9999)} {words.word()}"
        stamp = f"{date(rng)}T{rng.randint(0, 23):02d}:{rng.randint(0, 59):02d}"
        level = weighted(rng, {"INFO": 0.7, "WARN": 0.2, "ERROR": 0.1})
        trace = f"/srv/{service}/releases/{rng.randint(1, 6)}/app/{words.word()}.py"
        rows.append([stamp, level, host, message, trace, service])
    columns = ["time", "level", "host", "message", "trace", "service"]
    return columns, rows, []


FAMILIES: Mapping[str, Callable[[Random, Shape], Made]] = {
    "beer": beer,
    "movies": movies,
    "products": products,
    "catalog": catalog,
    "orders": orders,
    "posts": posts,
    "logs": logs,
}
"""By name; each draws columns, rows and dependencies."""


def _facts(rng: Random, shape: Shape) -> list[int]:
    """Return the entity of every fact; the facts of an entity come together."""
    return sorted(picks(rng, shape.rows, shape.entities, shape.zipf))


def _mark(rng: Random, good: float, most: int) -> int:
    return max(1, min(most, round(most * (0.68 + 0.12 * good + rng.gauss(0.0, 0.05)))))
