"""Defines the nouns: frozen records that every room shares. Nothing in them touches the world."""
