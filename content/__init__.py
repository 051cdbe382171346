"""WHAT is said: bulletins, their review, topics, and how they sound. Imports none of ours."""
