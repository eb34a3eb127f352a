"""Studies over linked tables: population, follow-up, rates and models. The only place that imports statsmodels."""
