"""The LTS001 oracle: a submission built backwards from published tables, which counting it must give back."""
