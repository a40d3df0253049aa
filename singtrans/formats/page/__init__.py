"""The report page: one HTML file in which a transcription can be played and corrected."""
