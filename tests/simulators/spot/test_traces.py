from __future__ import annotations

import json

import pytest

from simulators.spot import TraceError, read_traces


def write(path, data, gap=195, **metadata):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"metadata": {"gap_seconds": gap, **metadata}, "data": data}))
    return path


def test_number_of_instances_zero_is_none(tmp_path):
    (recording,) = read_traces(write(tmp_path / "us-east-1a.json", [4, 0, 1], polarity="instances"))

    assert recording.available == ((True,), (False,), (True,))
    assert (recording.gap_s, recording.zones) == (195, ("us-east-1a",))


def test_single_region_logs_zero_is_available(tmp_path):
    (recording,) = read_traces(write(tmp_path / "a.json", [1, 0, 0], gap=600, polarity="zero_available"))

    assert recording.available == ((False,), (True,), (True,))
    assert recording.gap_s == 600


def test_polarity_is_never_guessed(tmp_path):
    path = write(tmp_path / "a.json", [1, 0])

    with pytest.raises(TraceError, match="does not say what its values mean"):
        read_traces(path)


def test_polarity_of_a_folder_stands_beside_the_files(tmp_path):
    write(tmp_path / "a.json", [1, 0, 1])
    write(tmp_path / "b.json", [0, 0])
    (tmp_path / "traces.toml").write_text('polarity = "instances"')
    (recording,) = read_traces(tmp_path)

    assert recording.zones == ("a", "b")
    assert recording.available == ((True, False), (False, False))  # cut to the shorter zone


def test_polarity_in_the_file_goes_before_that_of_the_folder(tmp_path):
    path = write(tmp_path / "a.json", [1, 0], polarity="zero_available")
    (tmp_path / "traces.toml").write_text('polarity = "instances"')

    assert read_traces(path)[0].available == ((False,), (True,))


def test_folders_of_zones_are_joined_by_file_name(tmp_path):
    for zone, bias in (("us-east-1a", 0), ("us-west-2b", 1)):
        for name in ("0", "2", "10"):
            write(tmp_path / zone / f"{name}.json", [bias, int(name)])
    write(tmp_path / "us-west-2b" / "7.json", [1, 1])
    (tmp_path / "traces.toml").write_text('polarity = "instances"')
    recordings = read_traces(tmp_path)

    assert [recording.name for recording in recordings] == ["0", "2", "10"]
    assert recordings[1].available == ((False, True), (True, True))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "cannot be read as JSON"),
        ("[" * 100_000, "cannot be read as JSON"),
        ("[]", "no 'metadata'"),
        ('{"metadata": {"gap_seconds": 0}, "data": [1]}', "gap_seconds 0"),
        ('{"metadata": {"gap_seconds": 1.5}, "data": [1]}', "gap_seconds 1.5"),
        ('{"metadata": {"gap_seconds": true}, "data": [1]}', "gap_seconds True"),
        ('{"metadata": {}, "data": [1]}', "gap_seconds None"),
        ('{"metadata": {"gap_seconds": 600}}', "no 'data'"),
        ('{"metadata": {"gap_seconds": 600}, "data": []}', "no 'data'"),
        ('{"metadata": {"gap_seconds": 600}, "data": [1, "x"]}', r"'x' at data\[1\]"),
        ('{"metadata": {"gap_seconds": 600}, "data": [NaN]}', r"nan at data\[0\]"),
        ('{"metadata": {"gap_seconds": 600}, "data": [-1]}', r"-1 at data\[0\]"),
        ('{"metadata": {"gap_seconds": 600, "polarity": "up"}, "data": [1]}', "polarity 'up'"),
        ('{"metadata": {"gap_seconds": 600, "polarity": ["up"]}, "data": [1]}', "polarity"),
    ],
)
def test_malformed_files_are_named_in_one_sentence(tmp_path, text, reason):
    path = tmp_path / "bad.json"
    path.write_text(text)

    with pytest.raises(TraceError, match=reason) as caught:
        read_traces(path)

    assert "bad.json" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_bytes_that_are_no_text_are_refused(tmp_path):
    (tmp_path / "bad.json").write_bytes(b"\xff\xfe\x00")

    with pytest.raises(TraceError, match="cannot be read as JSON"):
        read_traces(tmp_path)


def test_broken_settings_are_refused(tmp_path):
    write(tmp_path / "a.json", [1])
    (tmp_path / "traces.toml").write_text("polarity = ")

    with pytest.raises(TraceError, match="cannot be read as TOML"):
        read_traces(tmp_path)


def test_missing_path_is_refused(tmp_path):
    with pytest.raises(TraceError, match="neither a file nor a folder"):
        read_traces(tmp_path / "nothing")


def test_empty_folder_is_refused(tmp_path):
    with pytest.raises(TraceError, match="holds no \\.json file"):
        read_traces(tmp_path)


def test_zones_without_a_common_window_are_refused(tmp_path):
    write(tmp_path / "a" / "0.json", [1], polarity="instances")
    write(tmp_path / "b" / "1.json", [1], polarity="instances")

    with pytest.raises(TraceError, match="share no file name"):
        read_traces(tmp_path)


def test_zones_of_different_gaps_are_refused(tmp_path):
    write(tmp_path / "a.json", [1], gap=195, polarity="instances")
    write(tmp_path / "b.json", [1], gap=600, polarity="instances")

    with pytest.raises(TraceError, match="different gap_seconds"):
        read_traces(tmp_path)
