from __future__ import annotations

import ast
import csv
import re
import tomllib

import numpy as np
import pytest
from telemetry_driver import DRIVER as driver

from evaluators.contract import BadData, Invalid, Workload
from evaluators.schema import Refused, checker
from simulators.telemetry import KINDS, Damage, Fault, Flows, Network, abilene, exact, routed

SPEC = tomllib.loads((driver.folder / "problem.toml").read_text())
OTHER_KEYS = [bytes([n] * 16) for n in range(2)]


@pytest.fixture(scope="module")
def telemetry():
    return driver.evaluator()


@pytest.fixture(scope="module")
def train(telemetry):
    return driver.draw(telemetry, 28)


@pytest.fixture(scope="module")
def scored(telemetry, train):
    return {path.stem: driver.score(telemetry, train, path) for path in driver.programs()}


def test_every_program_answers_everywhere_also_in_shift(telemetry, scored):
    for results in scored.values():
        assert [reason for _, _, reason in results if reason] == []
        assert set(driver.values(results, telemetry, "omitted")) == {0.0}
    shift = driver.draw(telemetry, 4, "shift")
    for path in driver.programs():
        assert [reason for _, _, reason in driver.score(telemetry, shift, path) if reason] == []


def test_no_program_is_worse_than_worst_and_the_known_mask_is_above_all(telemetry, train, scored):
    reference = [telemetry.reference(workload)["accuracy"] for workload in train]
    for results in scored.values():
        for workload, metrics, _ in results:
            worst = telemetry.worst(workload)
            assert worst["accuracy"] <= metrics["accuracy"] <= 1.0
            assert 0.0 <= metrics["brier_loss"] <= worst["brier_loss"]
        assert np.mean(reference) > np.mean(driver.values(results, telemetry)) + 0.05
    assert telemetry.bound(train[0]) is None


def test_any_stretch_of_workloads_is_near_to_the_whole(telemetry):
    cells = [workload.cell for workload in driver.draw(telemetry, 70)]

    for begin in range(0, 70, 14):
        part = cells[begin : begin + 14]
        assert 6 <= sum("abilene" in cell for cell in part) <= 8
        for mix in SPEC["params"]["search"]["mixes"]:
            assert 1 <= sum(cell.endswith(f"faults={mix}") for cell in part) <= 3


def test_workloads_depend_on_key_split_and_index_only(telemetry):
    again = driver.evaluator()
    first = driver.draw(telemetry, 4)
    driver.draw(again, 2, "shift")
    for one, other in zip(first, driver.draw(again, 4), strict=True):
        assert one.cell == other.cell
        assert telemetry.given(one) == again.given(other)
    for changed in (
        driver.draw(telemetry, 1, key=OTHER_KEYS[0])[0],
        driver.draw(telemetry, 1, split="test")[0],
    ):
        assert telemetry.given(changed)[3] != telemetry.given(first[0])[3]


def test_shift_has_an_unseen_network_and_unseen_mixes(telemetry):
    def parts(split):
        cells = [workload.cell for workload in driver.draw(telemetry, 60, split)]
        return set(cells), {cell.split(",")[0] for cell in cells}

    assert not parts("train")[0] & {cell for cell in parts("shift")[0] if "mixed" not in cell}
    assert "network=germany50" in parts("shift")[1] - parts("train")[1]
    search, shift = SPEC["params"]["search"], SPEC["params"]["shift"]
    assert not set(search["share"]) & set(shift["share"])


def test_given_tells_nothing_of_the_truth(telemetry, train):
    for workload in train[:8]:
        given, case = telemetry.given(workload), workload.data
        assert [type(field) for field in given] == [tuple] * 8 + [float] * 3
        assert {type(item) for field in given[:8] for item in field} <= {int, float, bool}
        assert not set(given[3]) & set(case.true.rx[case.true.rx > 0].tolist())
        other = exact(
            case.network,
            Flows(*(2.0 * part for part in (case.true.tx, case.true.entering, case.true.leaving))),
            ~case.up,
        )
        truth_changed = type(case)(
            "x", case.network, ~case.up, other, Damage(case.damage.readings, case.damage.faults[:1])
        )
        assert telemetry.given(Workload(truth_changed)) == given


def test_networks_are_numbered_anew_for_every_workload(telemetry, train):
    routers = {telemetry.given(workload)[0] for workload in train if "abilene" in workload.cell}

    assert len(routers) > 8


# One link by hand: A sends 100 to B, B sends 40 to A

PAIR = Network("pair", ("A", "B"), ((0, 1),), (1.0,))
UP = np.ones(1, dtype=np.bool_)


def by_hand(telemetry, token="by hand"):
    flows = Flows(np.array([100.0, 40.0]), np.array([100.0, 40.0]), np.array([40.0, 100.0]))
    true = exact(PAIR, flows, UP)
    read = true.copy()
    read.tx[0] = 0.0
    damage = Damage(read, (Fault("drop", frozenset({("tx", 0)})),))
    case = type(driver.draw(telemetry, 1)[0].data)
    return Workload(case(token, PAIR, UP, true, damage), "network=pair,faults=drop")


def test_a_tiny_workload_worked_out_by_hand(telemetry):
    workload = by_hand(telemetry)
    # Sent by A: 5 off, within 5 %. Received by A: 43, 7.5 % off, and half sure. B: exact, and sure by 0.9.
    found = telemetry.score(workload, [(0, 43.0, 105.0, 0.5, 1.0), (1, 100.0, 40.0, 0.9, 0.9)])
    brier = (0.5**2 + 0.0 + 0.1**2 + 0.1**2) / 4

    assert found["accuracy"] == 0.75
    assert found["brier"] == pytest.approx(brier)
    assert found["brier_loss"] == pytest.approx((brier + 0.25) / 2)
    assert found["graded_accuracy"] == pytest.approx(1 - (3 / 40 + 0.05) / 4)
    assert (found["faulty_accuracy"], found["healthy_accuracy"]) == (1.0, pytest.approx(2 / 3))
    assert (found["missed_drop"], found["missed_healthy"]) == (0.0, 1.0)
    assert found["changed_share"] == 0.5  # the dropped counter, and the healthy one that was spoilt
    assert found["mean_confidence"] == pytest.approx(3.3 / 4)
    assert found["wrong_confidence"] == 0.5
    assert found["status_accuracy"] == 1.0
    # Published calibration: 1 where the error is below a fifth and confidence above 0.7.
    calibration = (1.0 + 1.0 + 1.0 + 0.75) / 4
    assert found["published_score"] == pytest.approx(
        0.75 * found["graded_accuracy"] + 0.05 + 0.2 * calibration
    )


def test_what_is_not_answered_is_wrong_and_surely_so(telemetry):
    workload = by_hand(telemetry)
    half = telemetry.score(workload, [(1, 100.0, 40.0, 1.0, 1.0)])
    none = telemetry.score(workload, [])

    assert (half["accuracy"], half["brier_loss"], half["omitted"]) == (0.5, 0.5, 1.0)
    assert half["graded_accuracy"] == half["status_accuracy"] == 0.5
    assert {name: none[name] for name in telemetry.worst(workload)} == telemetry.worst(workload)
    assert none["published_score"] == 0.0


def test_zeros_for_a_dead_link_are_not_had_for_nothing(telemetry):
    case = by_hand(telemetry).data
    down = np.zeros(1, dtype=np.bool_)
    true = exact(PAIR, Flows(np.zeros(2), np.zeros(2), np.zeros(2)), down)
    workload = Workload(type(case)("down", PAIR, down, true, Damage(true.copy(), ())))

    with np.errstate(all="raise"):
        assert telemetry.score(workload, [])["accuracy"] == 0.0
        answered = telemetry.score(workload, [(0, 0.05, 0.0, 1.0, 1.0), (1, 0.2, 0.0, 0.0, 1.0)])
    assert answered["accuracy"] == 0.75  # within 0.1 Mbit/s of nothing
    assert answered["status_accuracy"] == 0.5  # 0.2 says that the link is up


def test_who_is_wrong_on_purpose_has_the_best_brier_score_and_a_worse_loss_than_anyone(
    telemetry, train, scored
):
    """What another aggregate would say: the Brier score alone rewards knowing that one is wrong."""
    wrong = [
        telemetry.score(
            workload, [(at, 1e12, 1e12, 0.0, 0.0) for at in range(workload.data.network.interfaces)]
        )
        for workload in train
    ]

    assert {each["brier"] for each in wrong} == {0.0}
    assert {each["brier_loss"] for each in wrong} == {0.5}
    for results in scored.values():
        assert min(driver.values(results, telemetry, "brier")) >= 0.0
        assert max(driver.values(results, telemetry, "brier_loss")) < 0.5


@pytest.mark.parametrize("chance", [0.0, 0.2, 0.5, 0.9, 1.0])
def test_the_loss_is_least_at_the_chance_of_being_right(telemetry, chance):
    losses = telemetry.score.__func__.__globals__["losses"]
    right = np.arange(1000) < 1000 * chance
    at = {c: losses(right, np.full(1000, c))["brier_loss"] for c in np.linspace(0, 1, 21).round(2).tolist()}

    assert min(at, key=at.get) == pytest.approx(chance)
    assert losses(np.array([True]), np.array([0.0]))["brier_loss"] == 0.5
    assert losses(np.array([False]), np.array([0.0]))["brier_loss"] == 0.5


def test_the_reference_of_the_pair(telemetry):
    found = telemetry.reference(by_hand(telemetry))

    assert found["accuracy"] == 1.0
    assert found["brier_loss"] < 1e-3


def test_references_are_computed_once(telemetry, train, monkeypatch):
    before = telemetry.reference(train[0])
    monkeypatch.setitem(type(telemetry).reference.__globals__, "known_mask", None)

    assert telemetry.reference(train[0]) == before


# Answers that are none


def test_an_interface_is_answered_once(telemetry):
    with pytest.raises(Invalid, match="interface 1 is answered twice"):
        telemetry.score(by_hand(telemetry), [(1, 0.0, 0.0, 0.0, 0.0), (1, 1.0, 1.0, 1.0, 1.0)])


@pytest.mark.parametrize(
    "repair",
    [
        (4, 1.0, 1.0, 0.5, 0.5),
        (-1, 1.0, 1.0, 0.5, 0.5),
        (True, 1.0, 1.0, 0.5, 0.5),
        (0.0, 1.0, 1.0, 0.5, 0.5),
        (0, -1.0, 1.0, 0.5, 0.5),
        (0, float("nan"), 1.0, 0.5, 0.5),
        (0, float("inf"), 1.0, 0.5, 0.5),
        (0, 1.0, 1e16, 0.5, 0.5),
        (0, 1.0, 1.0, 1.1, 0.5),
        (0, 1.0, 1.0, 0.5, -0.1),
        (0, 1.0, 1.0, 0.5, None),
        (0, 1.0, 1.0, 0.5),
        (0, 1.0, 1.0, 0.5, 0.5, 0.5),
        None,
    ],
)
def test_repairs_that_are_refused(telemetry, repair):
    check = checker(telemetry.plan_schema(by_hand(telemetry)), "plan")

    assert check([(0, 1.0, 1, 0.5, 1)]) == [(0, 1.0, 1.0, 0.5, 1.0)]
    with pytest.raises(Refused):
        check([repair])
    for plan in (None, {}, 0.0, [(0, 1.0, 1.0, 0.5, 0.5)] * 3):
        with pytest.raises(Refused):
            check(plan)


# Grid and feedback


def test_measures_are_shares_that_tell_programs_apart(telemetry, scored):
    places = {}
    for name, results in scored.items():
        places[name] = telemetry.measures([(workload, metrics) for workload, metrics, _ in results])
        assert all(0.0 <= value <= 1.0 for value in places[name].values())
    assert places["identity"] == {"changed": 0.0, "confidence": 1.0}
    assert places["majority"]["changed"] > 0.05
    assert telemetry.measures([(scored["majority"][0][0], None)]) == {"changed": 1.0, "confidence": 1.0}


def test_feedback_names_the_three_worst_and_why(telemetry, scored):
    lines = telemetry.feedback(scored["repair"]).splitlines()
    gaps = sorted(
        (metrics["accuracy"] - telemetry.reference(workload)["accuracy"], metrics["accuracy"])
        for workload, metrics, _ in scored["repair"]
    )

    assert len(lines) == 3
    assert f"{gaps[0][1]:.1%} of" in lines[0]
    assert all(re.search(r"Of \d+ wrong counters \d+ were healthy|had|showed|were", line) for line in lines)
    assert any("too sure" in line for line in telemetry.feedback(scored["identity"]).splitlines())


@pytest.mark.parametrize("kind", [*KINDS, "healthy", "recorded"])
def test_feedback_says_what_was_missed(telemetry, kind):
    workload = by_hand(telemetry)
    metrics = dict(telemetry.score(workload, [(0, 40.0, 100.0, 1.0, 1.0), (1, 100.0, 40.0, 1.0, 1.0)]))
    assert telemetry.feedback([(workload, metrics, "")]).endswith("No counter is wrong.")
    metrics[f"missed_{kind}"] = 3.0
    said = telemetry.feedback([(workload, metrics, "")])

    assert "Of 3 wrong counters 3 " in said
    assert "pair, 2 routers, links down 0, faults drop: 100.0% of 4 counters right" in said


def test_feedback_names_failures_first(telemetry, train, scored):
    results = [(train[0], None, "exception: too hard"), *scored["majority"][1:5]]
    lines = telemetry.feedback(results).splitlines()

    assert lines[0] == "Failed on 1 of 5 workloads."
    assert lines[1].endswith("exception: too hard")
    assert len(lines) == 5


# Recorded data


def table(path, snapshots, perturbed=None):
    """Write a table of Abilene's counters in the published form."""
    network, rows = abilene(), []
    up = np.ones(15, dtype=np.bool_)
    for number in range(snapshots):
        matrix = np.random.default_rng(number).uniform(1.0, 9.0, (12, 12))
        true = exact(network, routed(network, up, matrix), up)
        row = {"timestamp": f"2004/03/01 00:{5 * number:02} UTC"}
        for at, router in enumerate(network.router_of.tolist()):
            ends = network.routers[router], network.routers[int(network.router_of[network.peer[at]])]
            sent = {"ground_truth": float(true.tx[at]), "perturbed": perturbed if at == 0 else None}
            row["low_{}_egress_to_{}".format(*ends)] = str(sent)
            row["low_{}_ingress_from_{}".format(*ends)] = str({"ground_truth": float(true.rx[at])})
        for at, name in enumerate(network.routers):
            row[f"low_{name}_origination"] = str({"ground_truth": float(true.entering[at])})
            row[f"low_{name}_termination"] = str({"ground_truth": float(true.leaving[at])})
        rows.append(row)
    with path.open("w", newline="") as file:
        written = csv.DictWriter(file, list(rows[0]))
        written.writeheader()
        written.writerows(rows)


def matrix_file(folder, number):
    names = abilene().routers
    demands = [
        f"  {a}_{b} ( {a} {b} ) 1 {1.0 + (3 * i + 5 * j + number) % 7} UNLIMITED"
        for i, a in enumerate(names)
        for j, b in enumerate(names)
    ]
    text = "\n".join(["NODES (", ")", "DEMANDS (", *demands, ")", ""])
    (folder / f"demandMatrix-abilene-zhang-5min-20040301-{number:04}.txt").write_text(text)


def test_a_folder_of_tables_and_matrices_becomes_workloads(telemetry, tmp_path):
    table(tmp_path / "evaluation_data.csv", 8)
    for number in range(3):
        matrix_file(tmp_path, number)
    (tmp_path / "README.md").write_text("not read")
    found = list(telemetry.recorded(tmp_path))
    mixes = SPEC["params"]["search"]["mixes"]

    assert [workload.cell for workload in found] == [
        f"network=abilene,faults={mix}" for mix in (*mixes, mixes[0], *mixes[:3])
    ]
    assert len({workload.data.token for workload in found}) == 11
    assert all(workload.data.damage.faults for workload in found)
    for path in driver.programs():
        results = driver.score(telemetry, found, path)
        assert [reason for _, _, reason in results if reason] == []
    assert min(telemetry.reference(workload)["accuracy"] for workload in found) > 0.8
    again = list(telemetry.recorded(tmp_path))
    assert [telemetry.given(one) for one in found] == [telemetry.given(one) for one in again]


def test_recorded_faults_are_kept(telemetry, tmp_path):
    table(tmp_path / "t.csv", 2, perturbed=0.5)
    found = list(telemetry.recorded(tmp_path / "t.csv"))

    assert {workload.cell for workload in found} == {"network=abilene,faults=recorded"}
    identity = driver.score(telemetry, found, driver.folder / "baselines" / "identity.py")
    assert driver.values(identity, telemetry) == [1 - 1 / 60] * 2
    assert driver.values(identity, telemetry, "missed_recorded") == [1.0, 1.0]


def test_telemetry_that_cannot_be_read(telemetry, tmp_path):
    with pytest.raises(BadData, match="holds no telemetry"):
        telemetry.recorded(tmp_path)
    with pytest.raises(BadData, match="holds no telemetry"):
        telemetry.recorded(tmp_path / "missing.json")
    with pytest.raises(BadData, match="cannot be read"):
        telemetry.recorded(tmp_path / "missing.csv")
    matrix_file(tmp_path, 0)
    (tmp_path / "demandMatrix-abilene-zhang-5min-20040301-0001.txt").write_text("DEMANDS (\n)\n")
    with pytest.raises(BadData, match="has no section DEMANDS"):
        list(telemetry.recorded(tmp_path))


# The texts


def test_everything_in_the_interface_is_annotated_and_documented():
    for node in ast.parse((driver.folder / "interface.py").read_text()).body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            assert node.returns is not None, node.name
            assert all(argument.annotation is not None for argument in node.args.args), node.name
            assert ast.get_docstring(node), node.name


def test_prompt_says_what_the_parameters_say_and_holds_no_targets():
    prompt = " ".join((driver.folder / "prompt.md").read_text().split())
    params = SPEC["params"]

    assert f"`noise_share` ({100 * params['noise_share']:g} %)" in prompt
    assert f"at most {100 * params['tolerance_share']:g} % of the true flow" in prompt
    assert f"or by {params['floor_mbps']:g} Mbit/s" in prompt
    low, high = params["search"]["share"]
    assert f"hit {100 * low:g} % or {100 * high:g} % of the interfaces" in prompt
    assert "networks of 12 and of 22 routers with 15 and 36 links" in prompt.lower()
    assert not any(
        word in prompt.lower() for word in ("hodor", "huber", "baseline", "best known", "majority")
    )
