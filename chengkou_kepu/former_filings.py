"""What stands for a unit in a quarter in which there was no such unit: what those it took the place of filed."""


def filings_standing_for(unit_id, filings, lineage):
    """The unit's own UnitFiling of `filings` ({department id: UnitFiling} of one quarter), else its predecessors'.

    Of those the nearest that the quarter has, one where it was renamed or split off, several where it is a merger.
    """
    if unit_id in filings:
        return (filings[unit_id],)
    found = {}
    for step in lineage.origins(unit_id):
        for filing in filings_standing_for(step.old_id, filings, lineage):
            found[filing.department_id] = filing
    return tuple(found.values())
