"""Transcriptions to look at: pictures and pages."""
