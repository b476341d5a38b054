"""CRM Success: customer health for ERPNext, from the documents a company already keeps."""

__version__ = "0.1.0"
