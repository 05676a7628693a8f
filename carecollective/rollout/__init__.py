"""The rollout of the new messaging (V2) over the old (V1): a feature flag. The only package that knows waffle."""
