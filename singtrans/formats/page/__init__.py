"""The report page, on which a transcription can be played and corrected: one HTML file."""
