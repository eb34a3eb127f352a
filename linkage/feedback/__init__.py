"""What goes back to the authorities, and what comes back from them: packs, decisions, processed datasets, wrong links.

Stands above intake and trace, which do not know each other.
"""
