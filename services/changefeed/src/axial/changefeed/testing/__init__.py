"""What tests of the feeds stand on: rows as the projector writes them, and the service in this process."""
