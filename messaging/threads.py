from carecollective.rollout.versions import v1_is_read_only


def read_only_versions():
    return ["v1"] if v1_is_read_only() else []
