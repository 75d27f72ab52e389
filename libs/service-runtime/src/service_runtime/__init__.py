"""What every process of Vitrine has: settings, logs, telemetry, health, errors."""
