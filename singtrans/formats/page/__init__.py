"""The page to listen to notes and to correct them: one HTML file."""
