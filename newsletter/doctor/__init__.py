"""The operator's examination: every part is looked at, and what is wrong comes with its remedy."""

from newsletter.doctor.examination import examine
from newsletter.doctor.findings import Finding, Grade

__all__ = ["Finding", "Grade", "examine"]
