"""Alerts on products that are sold out soon."""
