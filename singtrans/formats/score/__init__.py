"""Sheet music: notes on beats, bars, MusicXML, SVG and PDF."""
