"""Project files of singing synthesisers: UTAU, OpenUtau and Synthesizer V."""
