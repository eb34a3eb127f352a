"""cldlink: check, trace, pseudonymise and link English adult social care Client Level Data."""

__version__ = "0.1.0"
