"""The one seam for size: what an engine must be able to say about a book of business.

An engine is a module with these functions over its own kind of book; `Ledger.engine` picks it by the book.
Money is integer minor units (cents), months are numbers (see `months`), and only sums leave the engine unless a
function says "per customer".

``bridge``          sums of the flows of each period and group
``movements``       the flows per customer and period
``opening_base``    per customer of the opening base: MRR at both ends of a window
``kept``            per customer of a window: opening MRR, and what a choice of measure and method keeps of it
``kept_monthly``    the same month by month, each month with an opening base of its own
``cohorts``         sums for each cohort and age
``at_age``          per customer: MRR at an age, the same for all or each their own
``lives``           per customer: first month, age at churn, months watched, age when watching began

``memory`` is the embedded default, on NumPy.
"""
