"""Shows flows and runs as pictures, for the command line, pages and notebooks."""

from sequent.pictures.document import document_of
from sequent.pictures.dot import dot
from sequent.pictures.mermaid import mermaid
from sequent.pictures.picture import Picture, picture_of
from sequent.pictures.states import Standing, States
from sequent.pictures.svg import notice_of, svg

__all__ = ["Picture", "Standing", "States", "document_of", "dot", "mermaid", "notice_of", "picture_of", "svg"]
