"""What a submission is worth: completeness, what each fault does to LTS001, and the reports that say so.

Above the zones: it joins the check of a submission with the derivation of LTS001.
"""

from linkage.quality.check import PAGE, Checked, check_and_report, report_of_store
from linkage.quality.measured import QUALITY
from linkage.quality.workbook import WORKBOOK

__all__ = ["PAGE", "QUALITY", "WORKBOOK", "Checked", "check_and_report", "report_of_store"]
