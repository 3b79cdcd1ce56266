"""How the tags of files are read where a file leaves it open."""

from collections.abc import Callable
from dataclasses import dataclass

from axial.common.charsets import LATIN1, Charset
from axial.common.configuration import Configuration
from axial.common.dictionary import STANDARD, Dictionary
from axial.common.encodings import ENCODINGS


@dataclass(frozen=True, slots=True)
class Reading:
    """The names of attributes, and the character set of texts that do not tell theirs."""

    dictionary: Dictionary = STANDARD
    default_charset: Charset = LATIN1


PLAIN = Reading()
"""As without any configuration."""


def present_reading(
    configuration: Configuration, default_encoding: Callable[[], str]
) -> Callable[[], Reading]:
    """Make what tells how files are read at the moment: the default encoding can change at run time."""
    dictionary = Dictionary(configuration.dictionary)
    return lambda: Reading(dictionary, ENCODINGS[default_encoding()])
