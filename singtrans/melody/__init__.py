"""What notes mean together: tuning, key, beats and quantising."""
