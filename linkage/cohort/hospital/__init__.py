"""Hospital data beside social care: episodes → stays → discharges, and how sure the links between the two are."""
