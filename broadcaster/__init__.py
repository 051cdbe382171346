"""The running application: settings, database, deliveries, evidence, daemon and command line."""

__version__ = "0.1.0"
