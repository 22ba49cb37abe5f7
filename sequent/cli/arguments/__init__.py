"""From typed words to options, parameters and candidates for completion."""
