"""Read a policy: a YAML file that says what breaking a rule does.

```yaml
rules:
  cell_code: quarantine
  reference_missing: refuse
```
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from apollo_spark.errors import DictionaryError, InputFileError
from apollo_spark.model.policy import Policy
from apollo_spark.model.rules import RULES, Rule, Severity
from apollo_spark.sources.regular_files import say_unreadable
from apollo_spark.sources.suggest import did_you_mean

SEVERITIES = tuple(str(each) for each in Severity)


def read_policy(path: Path) -> Policy:
    """Read a policy file.

    Raises:
        InputFileError: The file is not there or is not text.
        DictionaryError: The file is not plain YAML, or names keys, rules or severities that do not
            exist, or a severity that a rule cannot have; all of them are listed.
    """
    # Most loads have no policy, and YAML takes a while to load.
    from apollo_spark.sources.plain_yaml import NotTextError, PlainYamlError, read_plain_yaml

    try:
        content = read_plain_yaml(path)
    except OSError as error:
        why = say_unreadable(error)
        raise InputFileError(f"The policy {path.name} cannot be read.", why=why) from None
    except NotTextError as error:
        raise InputFileError(f"The policy {path.name} cannot be read: {error}.") from None
    except PlainYamlError as error:
        what = f"The policy {path.name} cannot be used (rule policy_rule): {error}."
        raise DictionaryError(what) from None
    problems = list(_find_problems(content))
    if problems:
        raise _refusal(path, problems)
    rules = (content or {}).get("rules") or {}
    return Policy(severities=tuple((name, Severity(word)) for name, word in rules.items()))


def _find_problems(content: Any) -> Iterator[str]:
    """Yield what is wrong with a policy, as it was read from YAML."""
    if content is None:
        return
    if not isinstance(content, dict):
        yield "the file is not a mapping; it begins with 'rules:'"
        return
    for key in content:
        if key != "rules":
            yield f"key '{key}'{did_you_mean(str(key), ('rules',))} has no meaning here"
    rules = content.get("rules")
    if rules is None:
        return
    if not isinstance(rules, dict):
        yield "rules: is not a mapping of rule names to severities"
        return
    for name, word in rules.items():
        problem = _find_rule_problem(str(name), str(word))
        if problem:
            yield f"rule '{name}': {problem}"


def _find_rule_problem(name: str, word: str) -> str | None:
    rule = RULES.get(name)
    if rule is None:
        return f"there is no such rule{did_you_mean(name, RULES)}"
    if word not in SEVERITIES:
        hint = did_you_mean(word, SEVERITIES)
        return f"'{word}'{hint} is not one of {', '.join(SEVERITIES)}"
    return _find_severity_problem(rule, Severity(word))


def _find_severity_problem(rule: Rule, severity: Severity) -> str | None:
    if severity is Severity.QUARANTINE and not rule.can_quarantine:
        return "only rules about values of rows can quarantine; refuse or warn instead"
    if rule.kind == "clash" and severity is not Severity.REFUSE:
        return "it always refuses, because nothing that is there is written over"
    if (
        rule.kind == "dictionary"
        and rule.default is Severity.REFUSE
        and severity is not Severity.REFUSE
        and not rule.can_soften
    ):
        return "it always refuses, because nothing can be loaded without a sound dictionary"
    return None


def _refusal(path: Path, problems: list[str]) -> DictionaryError:
    noun = "problem" if len(problems) == 1 else "problems"
    lines = "".join(f"\n  - {each}" for each in problems)
    return DictionaryError(
        f"The policy {path.name} has {len(problems)} {noun} (rule policy_rule):{lines}"
    )
