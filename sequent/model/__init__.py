"""The nouns: frozen records that every room shares, and no behaviour that touches the world."""
