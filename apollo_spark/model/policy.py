"""The policy: what each rule does when it is broken."""

from apollo_spark.model.base import Record
from apollo_spark.model.rules import RULES, Severity


class Policy(Record):
    """Severities that differ from the rules' own; by default every error refuses the load."""

    severities: tuple[tuple[str, Severity], ...] = ()

    def severity_of(self, rule: str) -> Severity:
        """Return what breaking a rule does."""
        return dict(self.severities).get(rule, RULES[rule].default)


STRICT = Policy()
"""Every rule does what it does by itself."""
