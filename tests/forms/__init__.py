"""Clinical forms: rules, actions on a real database, the seal."""
