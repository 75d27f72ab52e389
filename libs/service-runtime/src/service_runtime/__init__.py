"""What every process of Vitrine has: settings, logging, telemetry, health and one axis of errors."""
