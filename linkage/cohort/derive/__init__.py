"""From events to one row per person or per spell of support. Each function returns one named SQL step."""
