from __future__ import annotations

import csv

import numpy as np
import pytest
from telemetry_cases import TRAFFIC, TRIANGLE

from simulators.telemetry import RecordingError, abilene, exact, read_counters, read_matrix, routed


def cell(rate, perturbed=None, **more):
    return str({"ground_truth": rate, "perturbed": perturbed, "corrected": None, "confidence": None, **more})


def row_of(network, true, **changed):
    row = {"timestamp": "2004/03/01 00:00 UTC", "telemetry_perturbed_type": "NONE"}
    for at, router in enumerate(network.router_of.tolist()):
        here = network.routers[router]
        there = network.routers[int(network.router_of[network.peer[at]])]
        row[f"low_{here}_egress_to_{there}"] = cell(float(true.tx[at]))
        row[f"low_{here}_ingress_from_{there}"] = cell(float(true.rx[at]))
    for at, name in enumerate(network.routers):
        row[f"low_{name}_origination"] = cell(float(true.entering[at]))
        row[f"low_{name}_termination"] = cell(float(true.leaving[at]))
    row["high_A_B"] = cell(1.0)
    return {**row, **changed}


def write(path, *rows):
    with path.open("w", newline="") as file:
        table = csv.DictWriter(file, list(rows[0]))
        table.writeheader()
        table.writerows(rows)
    return path


TRUE = exact(TRIANGLE, routed(TRIANGLE, np.ones(3, dtype=np.bool_), TRAFFIC), np.ones(3, dtype=np.bool_))


def test_a_table_of_counters_worked_out_by_hand(tmp_path):
    wrong = {
        "low_A_egress_to_B": cell(16.0, 8.0),
        "low_B_termination": cell(6.0, 6.0),
        "low_C_origination": cell(4.1, None, hidden_ground_truth=4.0),
    }
    network, found = read_counters(
        write(tmp_path / "t.csv", row_of(TRIANGLE, TRUE), row_of(TRIANGLE, TRUE, **wrong))
    )

    assert network.name == "recorded"
    assert {frozenset(network.routers[end] for end in link) for link in network.links} == {
        frozenset(pair) for pair in ("AB", "BC", "AC")
    }
    at = network.routers.index("C")
    first, second = found
    assert first.label == "t.csv:0"
    assert first.damage.faults == ()
    assert first.true.tx.tolist() == first.damage.readings.tx.tolist()
    balance = network.balance @ np.concatenate((first.true.tx, first.true.entering, first.true.leaving))
    assert balance.tolist() == [0, 0, 0]
    assert first.true.rx.tolist() == first.true.tx[network.peer].tolist()
    assert [fault.kind for fault in second.damage.faults] == ["recorded"]
    ((field, interface),) = second.damage.faults[0].touches
    assert (field, second.true.tx[interface], second.damage.readings.tx[interface]) == ("tx", 16.0, 8.0)
    assert (second.true.entering[at], second.damage.readings.entering[at]) == (4.0, 4.1)


def test_a_known_network_has_its_lengths(tmp_path):
    network = abilene()
    zero = exact(
        network,
        routed(network, np.ones(15, dtype=np.bool_), np.zeros((12, 12))),
        np.ones(15, dtype=np.bool_),
    )
    found, _ = read_counters(write(tmp_path / "t.csv", row_of(network, zero)))

    assert found.name == "abilene"
    assert sorted(found.length_km) == sorted(network.length_km)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "has no rows"),
        ("a,b\n1,2\n", "has no rows with columns such as low_A_egress_to_B"),
        ("low_A_egress_to_B,x\n1\n", "row 0 has not as many cells"),
        ("low_A_egress_to_B\n1,2\n", "row 0 has not as many cells"),
        ("low_A_egress_to_B\n12.7\n", "column low_A_egress_to_B is no cell"),
        ("low_A_egress_to_B\n\"{'perturbed': 1}\"\n", "is no cell"),
        ('low_A_egress_to_B\n"__import__(1)"\n', "is no cell"),
        ("low_A_egress_to_B\n\"{'ground_truth': -1}\"\n", "'-1' is no rate"),
        ("low_A_egress_to_B\n\"{'ground_truth': 'many'}\"\n", "'many' is no rate"),
        ("low_A_egress_to_B\n\"{'ground_truth': [1]}\"\n", "is no rate"),
        ("low_A_egress_to_A\n\"{'ground_truth': 1}\"\n", "is of no network"),
        ('low_A_egress_to_B\n"{\n', "is not CSV"),
    ],
)
def test_tables_that_cannot_be_read(tmp_path, text, said):
    path = tmp_path / "bad.csv"
    path.write_text(text)
    with pytest.raises(RecordingError, match=said):
        read_counters(path)


def test_files_that_are_none(tmp_path):
    with pytest.raises(RecordingError, match="cannot be read"):
        read_counters(tmp_path / "missing.csv")
    (tmp_path / "bytes.csv").write_bytes(b"\xff\xfe")
    with pytest.raises(RecordingError, match="not UTF-8"):
        read_counters(tmp_path / "bytes.csv")


NATIVE = """?SNDlib native format; type: network; version: 1.0
# network abilene
META (
  granularity = 5min
  unit = MBITPERSEC
)
NODES (
  ATLAM5 ( -84.3833 33.75 )
)
LINKS (
)
DEMANDS (
  ATLAM5_ATLAng ( ATLAM5 ATLAng ) 1 0.5 UNLIMITED
  ATLAng_ATLAM5 ( ATLAng ATLAM5 ) 1 2 UNLIMITED
  ATLAng_ATLAng ( ATLAng ATLAng ) 1 9 UNLIMITED
)
"""


def test_a_traffic_matrix_worked_out_by_hand(tmp_path):
    path = tmp_path / "demandMatrix-abilene-zhang-5min-20040301-0000.txt"
    path.write_text(NATIVE)
    network, matrix = read_matrix(path)

    assert network is abilene()
    assert matrix[0, 1] == 0.5
    assert matrix[1, 0] == 2.0
    assert matrix.sum() == 2.5  # what a router sends to itself stays outside


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("matrix.txt", NATIVE, "does not name a known network"),
        ("demandMatrix-nobel-1.txt", NATIVE, "does not name a known network"),
        ("demandMatrix-abilene-1.txt", "NODES (\n)\n", "has no section DEMANDS"),
        ("demandMatrix-abilene-1.txt", "DEMANDS (\n)\n", "has no section DEMANDS"),
        ("demandMatrix-abilene-1.txt", NATIVE.replace("1 0.5", "1 -3"), "'-3' is no rate"),
        ("demandMatrix-geant-1.txt", NATIVE, "names a router not of geant"),
    ],
)
def test_matrices_that_cannot_be_read(tmp_path, name, text, said):
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(RecordingError, match=said):
        read_matrix(path)
