"""Use cases: each joins decisions (pure) to the lake and the engines (effects)."""
