"""Configuration files: what they may say, and what is said about what they may not."""

from pathlib import Path

import pytest

from apollo_spark.errors import ConfigurationError
from apollo_spark.runtime.questions import QuestionLimits
from apollo_spark.runtime.settings import LakeSettings, SessionSettings, read_settings

CONF = Path(__file__).parents[2] / "conf"


def written(folder: Path, text: str) -> Path:
    file = folder / "job.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def refusal(file: Path) -> str:
    with pytest.raises(ConfigurationError) as caught:
        read_settings(file)
    assert caught.value.exit_code == 2
    return str(caught.value).replace(str(file), "FILE")


def test_the_local_example_says_what_the_code_takes_by_default() -> None:
    found = read_settings(CONF / "local.yaml")
    options = tuple(sorted(found.spark.options))

    assert (
        found.model_copy(update={"spark": found.spark.model_copy(update={"options": options})})
        == LakeSettings()
    )


def test_the_cluster_example_leaves_the_master_to_the_cluster() -> None:
    found = read_settings(CONF / "cluster.yaml")

    assert (found.spark.master, found.spark.quick) == (None, False)


def test_both_examples_have_the_same_keys() -> None:
    def keys(name: str) -> list[str]:
        lines = (CONF / name).read_text(encoding="utf-8").splitlines()
        return [line.split(":")[0] for line in lines if ":" in line and "#" not in line]

    assert keys("local.yaml") == keys("cluster.yaml")


def test_an_empty_file_takes_every_default(tmp_path: Path) -> None:
    assert read_settings(written(tmp_path, "# nothing\n")) == LakeSettings()


def test_options_become_pairs_of_text(tmp_path: Path) -> None:
    file = written(tmp_path, "spark:\n  options: {spark.a: true, spark.b: 4, spark.c: x}\n")

    expected = (("spark.a", "true"), ("spark.b", "4"), ("spark.c", "x"))
    assert read_settings(file).spark == SessionSettings(options=expected)


def test_everything_wrong_is_told_at_once_with_the_key_that_was_meant(tmp_path: Path) -> None:
    file = written(
        tmp_path, "block_byte: 70000\nspark:\n  mastr: local\n  driver_memory: lots\n  quick: 1\n"
    )

    assert refusal(file).splitlines() == [
        "FILE has 4 problems:",
        "  spark.driver_memory: String should match pattern '^[1-9][0-9]*[kmgt]$'",
        "  spark.quick: Input should be a valid boolean",
        "  spark.mastr: unknown key (did you mean 'master'?)",
        "  block_byte: unknown key (did you mean 'block_bytes'?)",
    ]


def test_spark_cannot_write_where_no_spark_runs(tmp_path: Path) -> None:
    wrong = refusal(written(tmp_path, "runner: local\nwriter: dataframe\n"))

    assert wrong.splitlines()[1:] == ["  writer: dataframe needs the runner spark"]
    assert read_settings(written(tmp_path, "writer: dataframe\n")).writer == "dataframe"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("- a\n- b\n", "FILE must hold keys with values."),
        (
            "spark: [1\n",
            (
                "The configuration FILE cannot be used: the file is not YAML at line 2: did not "
                "find expected ',' or ']'."
            ),
        ),
    ],
    ids=["a list", "a bracket left open"],
)
def test_a_file_of_another_shape_is_refused(tmp_path: Path, text: str, expected: str) -> None:
    assert refusal(written(tmp_path, text)) == expected


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    missing = tmp_path / "none.yaml"

    assert refusal(missing) == "Cannot read the configuration FILE. No such file or directory"


def test_limits_of_a_question_are_settings(tmp_path: Path) -> None:
    file = written(tmp_path, "question: {seconds: 90, memory: 1.5GB, threads: 2}\n")

    assert read_settings(file).question.limits() == QuestionLimits(90, "1.5GB", 2)


def test_what_is_no_limit_of_a_question_is_told_at_once(tmp_path: Path) -> None:
    text = "question: {seconds: 0, memory: much, threads: 0, second: 1}\n"

    assert [
        line.split(":")[0].strip() for line in refusal(written(tmp_path, text)).splitlines()
    ] == [
        "FILE has 4 problems",
        "question.seconds",
        "question.memory",
        "question.threads",
        "question.second",
    ]
    assert refusal(written(tmp_path, text)).endswith("unknown key (did you mean 'seconds'?)")


def test_options_of_the_command_win_over_settings() -> None:
    usual = LakeSettings().limited(60, None, 4)

    assert usual.question.limits() == QuestionLimits(60, None, 4)
    assert usual.limited(None, "1GB", 2).question.limits() == QuestionLimits(60, "1GB", 2)
    assert usual.limited(None, None, None) is usual
