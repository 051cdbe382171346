"""The evidence pack (gói minh chứng): a zip that an inspector can check without trusting us."""
