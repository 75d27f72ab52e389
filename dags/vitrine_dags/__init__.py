"""What the DAGs have in common: settings, rules, and tasks that run Vitrine's containers."""
