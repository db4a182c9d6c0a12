from __future__ import annotations

import json

import numpy as np
import pytest

from simulators.multicast import (
    CLOUDS,
    PUBLISHED,
    Mesh,
    ProfileError,
    draw_network,
    read_configs,
    read_network,
    with_limits,
)

# Known of the profiles of the case study: smallest, median and largest USD per GB, and mean Gbps.
PRICES = {
    ("aws", True): (0.01, 0.02, 0.147),
    ("aws", False): (None, 0.09, 0.154),
    ("azure", True): (0.02, 0.05, 0.16),
    ("azure", False): (None, 0.0875, 0.181),
    ("gcp", True): (0.01, 0.08, 0.15),
    ("gcp", False): (None, 0.12, 0.19),
}
GBPS = {
    ("aws", "aws"): 4.95,
    ("aws", "azure"): 5.0,
    ("aws", "gcp"): 5.0,
    ("azure", "aws"): 4.3,
    ("azure", "azure"): 14.7,
    ("azure", "gcp"): 8.1,
    ("gcp", "aws"): 6.1,
    ("gcp", "azure"): 7.9,
    ("gcp", "gcp"): 23.0,
}


@pytest.fixture(scope="module")
def networks():
    return [draw_network(np.random.default_rng(seed), Mesh(71, 1)) for seed in range(30)]


def between(networks, table, cloud, others):
    found = []
    for net in networks:
        tails = net.cloud == CLOUDS.index(cloud)
        heads = np.isin(net.cloud, [CLOUDS.index(other) for other in others])
        found.append(getattr(net, table)[np.ix_(tails, heads)].ravel())
    values = np.concatenate(found)
    return values[np.isfinite(values) & (values > 0)]


@pytest.mark.parametrize(("cloud", "within"), list(PRICES))
def test_drawn_prices_have_the_known_statistics(networks, cloud, within):
    least, median, most = PRICES[cloud, within]
    others = [cloud] if within else [other for other in CLOUDS if other != cloud]
    values = between(networks, "price_usd_per_gb", cloud, others)

    assert np.median(values) == pytest.approx(median, rel=0.25)
    assert values.max() == pytest.approx(most, rel=0.1)
    assert values.max() <= most + 1e-12
    if least is not None:
        assert values.min() >= least - 1e-12


@pytest.mark.parametrize(("tail", "head"), list(GBPS))
def test_drawn_throughputs_have_the_known_means(networks, tail, head):
    assert between(networks, "gbps", tail, [head]).mean() == pytest.approx(GBPS[tail, head], rel=0.08)


def test_drawn_networks_are_full_meshes_of_the_known_make_up(networks):
    for net in networks:
        assert np.bincount(net.cloud).tolist() == [25, 22, 24]
        assert net.edges.sum() == 71 * 70 == 4970
        assert (np.isfinite(net.price_usd_per_gb) == net.edges).all()
        assert (net.price_usd_per_gb[net.edges] > 0).all()
        assert len(set(net.names)) == net.regions == 71


def test_machines_and_congestion_scale_what_they_should():
    one, two, slow = (
        draw_network(np.random.default_rng(0), mesh)
        for mesh in (Mesh(20, 1), Mesh(20, 2), Mesh(20, 1, throughput_factor=0.5))
    )
    assert two.gbps == pytest.approx(2 * one.gbps, abs=2e-3)
    assert (two.egress_gbps == 2 * one.egress_gbps).all()
    assert slow.gbps == pytest.approx(0.5 * one.gbps, abs=2e-3)
    assert (slow.ingress_gbps == one.ingress_gbps).all()
    assert (slow.price_usd_per_gb == one.price_usd_per_gb).all()


def test_drawn_networks_depend_on_the_generator_only():
    first, again, other = (draw_network(np.random.default_rng(seed), Mesh(20, 2)) for seed in (1, 1, 2))
    assert (first.price_usd_per_gb == again.price_usd_per_gb).all()
    assert (first.gbps == again.gbps).all()
    assert (first.gbps != other.gbps).any()


# Published files

COST = """src,dest,cost
aws:a,aws:b,0.02
aws:b,aws:a,0.05
aws:a,gcp:c,0.09
gcp:c,aws:a,0.12
aws:a,aws:a,0.0
aws:b,gcp:c,0.09
azure:z,aws:a,0.08
"""
THROUGHPUT = """src_region,src_tier,dst_region,dst_tier,throughput_sent,rtt
aws:a,PREMIUM,aws:b,PREMIUM,1000000000,1
aws:a,PREMIUM,aws:b,PREMIUM,4000000000,1
aws:b,PREMIUM,aws:a,PREMIUM,5000000000,1
aws:a,PREMIUM,gcp:c,PREMIUM,2500000000,1
gcp:c,PREMIUM,aws:a,PREMIUM,7000000000,1
gcp:c,PREMIUM,aws:b,PREMIUM,6000000000,1
aws:b,PREMIUM,gcp:c,PREMIUM,0,1
"""


def write(folder, cost=COST, throughput=THROUGHPUT):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "cost.csv").write_text(cost)
    (folder / "throughput.csv").write_text(throughput)


@pytest.mark.parametrize("below", ["", "profiles"])
def test_profiles_become_a_network(tmp_path, below):
    write(tmp_path / below)
    net = read_network(tmp_path, 2)
    inf = np.inf

    assert net.names == ("aws:a", "aws:b", "gcp:c")
    assert net.cloud.tolist() == [0, 0, 2]
    # The last row of a pair counts; without a price, or with no throughput, there is no edge.
    assert net.price_usd_per_gb.tolist() == [[inf, 0.02, 0.09], [0.05, inf, inf], [0.12, inf, inf]]
    assert net.gbps == pytest.approx(np.array([[0, 8, 5], [10, 0, 0], [14, 0, 0]]))
    assert net.egress_gbps.tolist() == [10, 10, 14]
    assert net.ingress_gbps.tolist() == [20, 20, 32]


@pytest.mark.parametrize(
    ("cost", "throughput", "said"),
    [
        ("src,dest\naws:a,aws:b\n", THROUGHPUT, "cost.csv' has no column 'cost'"),
        ("", THROUGHPUT, "cost.csv' has no column 'src'"),
        ("src,dest,cost\naws:a,aws:b,cheap\n", THROUGHPUT, "line 2: cost = 'cheap' from 'aws:a' to 'aws:b'"),
        ("src,dest,cost\naws:a,aws:b,-0.1\n", THROUGHPUT, "line 2: cost = '-0.1'"),
        ("src,dest,cost\naws:a,aws:b,nan\n", THROUGHPUT, "line 2: cost = 'nan'"),
        ("src,dest,cost\naws:a,aws:b\n", THROUGHPUT, "line 2: cost = 'None'"),
        ("src,dest,cost\n,aws:b,1\n", THROUGHPUT, "line 2: cost = '1' from '' to"),
        ("src,dest,cost\n", THROUGHPUT, "has 0 regions with both a price and a throughput"),
        (
            COST.replace("aws:", "ibm:"),
            THROUGHPUT.replace("aws:", "ibm:"),
            "names begin with one of aws, azure, gcp",
        ),
        (COST, "src_region\n", "throughput.csv' has no column 'dst_region'"),
    ],
)
def test_profiles_that_cannot_be_read(tmp_path, cost, throughput, said):
    write(tmp_path, cost, throughput)
    with pytest.raises(ProfileError, match=said):
        read_network(tmp_path, 2)


def test_profiles_that_are_missing_or_no_text(tmp_path):
    with pytest.raises(ProfileError, match=r"cost.csv' cannot be read: No such file"):
        read_network(tmp_path, 2)
    write(tmp_path)
    (tmp_path / "throughput.csv").write_bytes(b"src_region,dst_region,throughput_sent\n\xff\xfe")
    with pytest.raises(ProfileError, match=r"throughput.csv' cannot be read: 'utf-8'"):
        read_network(tmp_path, 2)
    (tmp_path / "throughput.csv").write_text("src_region,dst_region,throughput_sent\n" + "a" * 200_000)
    with pytest.raises(ProfileError, match=r"throughput.csv' cannot be read: field larger"):
        read_network(tmp_path, 2)


def config(folder, name, **told):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.json").write_text(json.dumps(told))


def test_configurations_are_read_in_the_order_of_their_names(tmp_path):
    assert read_configs(tmp_path) == ()
    config(tmp_path, "b", source_node="aws:a", dest_nodes=["aws:b"])
    config(
        tmp_path,
        "a",
        source_node="gcp:c",
        dest_nodes=["aws:a"],
        data_vol=50,
        num_partitions=4,
        egress_limit={"gcp": 3},
    )
    first, second = read_configs(tmp_path)

    assert (first.name, first.source, first.destinations) == ("a", "gcp:c", ("aws:a",))
    assert (first.volume_gb, first.partitions) == (50.0, 4)
    assert dict(first.egress_gbps) == {"aws": 5.0, "azure": 16.0, "gcp": 3.0}
    assert (second.volume_gb, second.partitions) == (300.0, 10)
    write(tmp_path)
    assert with_limits(read_network(tmp_path, 2), first, 2).egress_gbps.tolist() == [10, 10, 6]


def test_the_published_configurations():
    assert [len(each.destinations) for each in PUBLISHED] == [6, 6, 6, 6, 7]
    assert {each.volume_gb for each in PUBLISHED} == {300.0}
    assert {each.partitions for each in PUBLISHED} == {10}
    assert PUBLISHED[4].destinations[:-1] == PUBLISHED[3].destinations


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"dest_nodes": ["aws:b"]}, r"no configuration \(KeyError"),
        ({"source_node": "a", "dest_nodes": ["b"], "data_vol": "much"}, r"no configuration \(ValueError"),
        (
            {"source_node": "a", "dest_nodes": ["b"], "egress_limit": [1]},
            r"configuration \(AttributeError",
        ),
        ({"source_node": "a", "dest_nodes": 3}, r"no configuration \(TypeError"),
        ({"source_node": "a", "dest_nodes": ["b"], "data_vol": -1}, "must be above 0"),
        ({"source_node": "a", "dest_nodes": ["b"], "num_partitions": 0}, "partitions from 1 to 100"),
        ({"source_node": "a", "dest_nodes": ["b"], "ingress_limit": {"aws": 0}}, "must be above 0"),
        ({"source_node": "a", "dest_nodes": []}, "must be different regions"),
        ({"source_node": "a", "dest_nodes": ["b", "a"]}, "must be different regions"),
        ({"source_node": "a", "dest_nodes": ["b", "b"]}, "must be different regions"),
    ],
)
def test_configurations_that_cannot_be_read(tmp_path, told, said):
    config(tmp_path, "x", **told)
    with pytest.raises(ProfileError, match=said):
        read_configs(tmp_path)
