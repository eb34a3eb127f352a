"""Tracing: from a submitted person to one person of the register, or to a reason why not."""
