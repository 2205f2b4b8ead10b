"""Scaffolding a feed from a sample file: guesses for a person to confirm, each with how sure it is."""

from planwatch.feeds.scaffold.guess import Draft, guess_feed
from planwatch.feeds.scaffold.rows import Guess, Known
from planwatch.feeds.scaffold.write import feed_of, suite_json, yaml_entry

__all__ = ["Draft", "Guess", "Known", "feed_of", "guess_feed", "suite_json", "yaml_entry"]
