"""离线填报表: a unit's quarter as a workbook to fill in without the portal, and its way back."""
