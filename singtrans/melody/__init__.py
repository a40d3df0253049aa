"""Analysis of whole melodies: tuning, key, tempo, beats and quantisation."""
