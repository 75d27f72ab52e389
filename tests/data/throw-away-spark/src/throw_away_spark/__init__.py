"""Recommends products, and is added in a test."""
