"""Columns without a dictionary: text where a number would lose what tells cells apart."""

from collections.abc import Sequence

from tests.support.cases import Case

DICTIONARY = (
    "entity,name,type,primary_key_type\n"
    "patient,patient_id,string,global\n"
    "patient,born,date,\n"
)  # fmt: skip
LOAD = ("load", "clinical", "study", "--dictionary", "d.csv", "--data", "patient=p.csv")
EXTEND = ("extend", "study", "--data", "patient=x.csv", "--report", "report")


def column(cells: Sequence[str]) -> str:
    """Return a file with one column of cells beside the key."""
    rows = "".join(f"P{number},{cell}\n" for number, cell in enumerate(cells, start=1))
    return f"patient_id,x\n{rows}"


def case(
    name: str,
    cells: Sequence[str],
    kind: str,
    stored: Sequence[str] | None = None,
    *,
    says: Sequence[str] = (),
    on_spark: bool = False,
) -> Case:
    """Return the case of a column: its type, and what an extract writes."""
    ids = "".join(f"P{number},\n" for number, _ in enumerate(cells, start=1))
    return Case(
        name=name,
        files={"d.csv": DICTIONARY, "p.csv": f"patient_id,born\n{ids}", "x.csv": column(cells)},
        before=[LOAD],
        command=EXTEND,
        says=says,
        stored={
            "fields study x": ["field      type", f"patient.x  {kind}"],
            "extract fields study --fields patient.x": ["patient.x", *(stored or cells)],
        },
        on_spark=on_spark,
    )


TEXT = "x: text, because numbers would not keep zeros, exponents or digits"
NUMBERS = "x: numbers, because all cells have as many decimals"

CASES = (
    case("clone names are not powers of ten", ["2310009E13", "1110017D14"], "string"),
    case(
        "clone names alone are not powers of ten",
        ["2310009E13", "4933434E20"],
        "string",
        says=[TEXT, "--dictionary"],
        on_spark=True,
    ),
    case("an exponent without a sign", ["1E05", "3"], "string", says=[TEXT]),
    case("a small exponent without a sign", ["1e5", "0.5"], "string"),
    case("two diagnoses are one number", ["250.00", "250.0"], "string", says=[TEXT]),
    case("two diagnoses are one number, with others", ["250.00", "250", "401.9"], "string"),
    case("versions", ["1.10", "1.2"], "string", says=[TEXT]),
    case("versions beside a whole number", ["1.10", "2"], "string"),
    case("versions of which two are one number", ["1.10", "1.1"], "string"),
    case("leading zeros", ["007", "8"], "string"),
    case("leading zeros of negative numbers", ["-01", "5"], "string"),
    case("a plus that tells cells apart", ["+5", "5"], "string", says=[TEXT]),
    case("a plus that tells nothing apart", ["+5", "3"], "integer", ["5", "3"]),
    case("a point without a zero, twice", [".5", "0.5"], "string", says=[TEXT]),
    case("a point without a zero", [".5", "0.25"], "float", ["0.5", "0.25"]),
    case(
        "a point without a zero, beside a zero that makes no difference",
        [".5", "1.0", "1"],
        "float",
        ["0.5", "1.0", "1.0"],
    ),
    case("digits that a float does not keep apart", ["0.1", "0.10000000000000001"], "string"),
    case("the same power in two ways", ["1e+3", "1000"], "string"),
    case("a small number in two ways", ["1e-05", "0.00001"], "string"),
    case(
        "equal decimals throughout",
        ["250.00", "401.90"],
        "float",
        ["250.0", "401.9"],
        says=[NUMBERS, "--dictionary"],
        on_spark=True,
    ),
    case("equal decimals with missing cells", ["1.50", "", "2.25"], "float", ["1.5", '""', "2.25"]),
    case("a point and a zero make no difference", ["250.0", "250"], "float", ["250.0", "250.0"]),
    case("the sign of zero makes no difference", ["-0", "0", "1"], "integer", ["0", "0", "1"]),
    case("what an extract writes", ["1e-05", "1e+16", "0.1", "-0.0"], "float"),
    case("floats that are whole, as an extract writes them", ["1.0", "2.0"], "float"),
    case("the largest integers", ["9223372036854775807", "9007199254740993"], "integer"),
    case(
        "a whole float that would be written with an exponent",
        ["10000000000000000.0", "5.0"],
        "string",
    ),
    case("integers beyond", ["9223372036854775808", "1"], "string"),
)
