"""The named checks of expression, besides those of all assays."""

from apollo_spark.model.rules import WARN, content_rule, file_rule

EXPRESSION_RULES = (
    file_rule("matrix_header", "the header of a matrix names every column of its rows"),
    file_rule("manifest_file", "every row of a manifest has its file, and every file its row"),
    content_rule("feature_kind", "feature ids are all ENSG or all ENST, unless any are allowed"),
    content_rule("feature_repeated", "a feature occurs once"),
    content_rule(
        "feature_mangled",
        "a feature id is not a date or number that a spreadsheet made of a symbol",
        WARN,
    ),
    content_rule("id_map_nothing", "an id map names ids of the sources"),
    content_rule("annotation_nothing", "an annotation describes features of the sources"),
    content_rule("features_differ", "all files have the same features, unless they are united"),
    content_rule("expression_number", "a value is a number"),
    content_rule("expression_finite", "a value is finite"),
    content_rule("expression_negative", "a value is not negative"),
    content_rule("expression_fraction", "a count is a whole number"),
    content_rule("expression_inexact", "a whole number is stored to its last digit"),
    content_rule("pair_repeated", "a sample has one value of a feature"),
)
