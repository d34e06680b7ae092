"""The published description of OpenSubsonic, and what is checked by it."""
