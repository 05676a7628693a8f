"""The rollout of the new messaging (V2) over the old (V1). The only package that knows waffle."""
