"""Survival of people with tumours: curves, bands, medians and tests beside those of lifelines."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import apollo_spark as ap
from apollo_spark.model.dashboard.answer import Curve
from tests.support.study import apollo

lifelines = pytest.importorskip("lifelines", reason="the extra survival is not installed")
statistics = pytest.importorskip("lifelines.statistics")

# File, key, days to death, days to the last visit, status, and what groups go by.
STUDIES = {
    "ACC": ("tcga_ACC_rtcga/ACC.clinical.tsv.gz", "patient.bcr_patient_barcode",
            "patient.days_to_death", "patient.days_to_last_followup", "patient.vital_status",
            ("patient.stage_event.pathologic_stage", "patient.gender")),
    "CHOL": ("tcga_CHOL_rtcga/CHOL.clinical.tsv.gz", "patient.bcr_patient_barcode",
             "patient.days_to_death", "patient.days_to_last_followup", "patient.vital_status",
             ("patient.gender",)),
    "LGG": ("tcga_LGG_legacy/LGG.clinical.tsv", "sample_barcode", "days_to_death",
            "days_to_last_follow_up", "vital_status", ("gender", "subtype_Grade")),
}  # fmt: skip


@pytest.mark.parametrize("name", STUDIES)
def test_survival_is_that_of_lifelines(shared: Path, tmp_path: Path, name: str) -> None:
    people, groups = read_study(shared / "data", name)
    dataset = load(people, groups, tmp_path)
    fields = ["patient.time", "patient.status"]
    tiles = [{"chart": "survival", "fields": fields}]
    tiles += [{"chart": "survival", "fields": [*fields, f"patient.{each}"]} for each in groups]

    whole, *grouped = dataset.aggregate(tiles)
    beside = dataset.aggregate(tiles[0], cohort="first", compare="others")

    usable = people[people["time"].ge(0) & people["status"].notna()]
    assert whole.data is not None
    require_curve(whole.data.curves[0], usable)
    for group, answer in zip(groups, grouped, strict=True):
        own = usable[usable[group].notna()]
        assert answer.data is not None
        assert {each.value for each in answer.data.curves} == set(own[group])
        for each in answer.data.curves:
            require_curve(each, own[own[group] == each.value])
        test = statistics.multivariate_logrank_test(own["time"], own[group], own["dead"])
        require_test(answer.data.log_rank, test)
    of_first = usable[groups[0]] == first_group(usable, groups[0])
    test = statistics.logrank_test(
        usable["time"][of_first], usable["time"][~of_first],
        usable["dead"][of_first], usable["dead"][~of_first],
    )  # fmt: skip
    require_test(beside.log_rank, test)


def read_study(data: Path, name: str) -> tuple[pd.DataFrame, list[str]]:
    file, key, death, visit, status, columns = STUDIES[name]
    missing = ["", "NA", "[Not Available]", "not reported"]
    raw = pd.read_csv(data / file, sep="\t", dtype=str, keep_default_na=False, na_values=missing)
    days = [pd.to_numeric(raw[each], errors="coerce") for each in (death, visit)]
    groups = {f"group_{place}": raw[each] for place, each in enumerate(columns)}
    found = pd.DataFrame(
        {"id": raw[key], "time": days[0].fillna(days[1]), "status": raw[status], **groups}
    )
    found["dead"] = found["status"].str.casefold().ne("alive") & found["status"].notna()
    return found.drop_duplicates("id"), list(groups)


def first_group(people: pd.DataFrame, group: str) -> str:
    return str(sorted(people[group].dropna())[0])


def load(people: pd.DataFrame, groups: list[str], folder: Path) -> ap.Dataset:
    types = {"id": "string", "time": "float", "status": "string", **dict.fromkeys(groups, "string")}
    rows = ["entity,name,type,primary_key_type"]
    rows += [f"patient,{n},{t},{'global' if n == 'id' else ''}" for n, t in types.items()]
    (folder / "dictionary.csv").write_text("\n".join(rows) + "\n")
    people[list(types)].to_csv(folder / "patient.csv", index=False)
    words = ("--dictionary", folder / "dictionary.csv", "--data", f"patient={folder}/patient.csv")
    loaded = apollo("--lake", folder / "lake", "load", "clinical", "study", *words)
    assert loaded.code == 0, loaded.err
    dataset = ap.open_lake(str(folder / "lake")).dataset("study")
    usable = people[people["time"].ge(0) & people["status"].notna()]
    first = f'patient.{groups[0]} = "{first_group(usable, groups[0])}"'
    dataset.cohort("first", where=first)
    dataset.cohort("others", where=f"not {first}")
    return dataset


def require_curve(curve: Curve, people: pd.DataFrame) -> None:
    fitter = lifelines.KaplanMeierFitter().fit(people["time"], people["dead"])
    steps = pd.DataFrame([each.model_dump() for each in curve.steps]).set_index("time")
    shares = fitter.survival_function_.iloc[:, 0]
    band = fitter.confidence_interval_
    assert (curve.n, curve.events) == (len(people), int(people["dead"].sum()))
    assert list(steps.index) == list(shares.index)
    close(steps["survival"], shares)
    # Where nobody is left lifelines says 1, and here nothing is said.
    is_told = (shares > 0).to_numpy()
    close(steps["lower"][is_told], band.iloc[:, 0][is_told])
    close(steps["upper"][is_told], band.iloc[:, 1][is_told])
    assert steps["lower"][~is_told].isna().all()
    median = fitter.median_survival_time_
    assert curve.median == (None if np.isinf(median) else pytest.approx(median, abs=1e-9))
    there = [(people["time"] >= each.time).sum() for each in curve.at_risk]
    assert [each.count for each in curve.at_risk] == there


def close(ours: Any, theirs: Any) -> None:
    np.testing.assert_allclose(ours.to_numpy(float), theirs.to_numpy(float), rtol=0, atol=1e-9)


def require_test(ours: Any, theirs: Any) -> None:
    assert ours.chi_squared == pytest.approx(theirs.test_statistic, abs=1e-9)
    assert ours.p == pytest.approx(theirs.p_value, abs=1e-9)
    assert ours.degrees == theirs.degrees_of_freedom
