"""Plan documents: Markdown, plain text, Word or PDF, also as printed, into sections of whole sentences."""

from planwatch.plan.document.model import Document, Section
from planwatch.plan.document.read import read_document

__all__ = ["Document", "Section", "read_document"]
