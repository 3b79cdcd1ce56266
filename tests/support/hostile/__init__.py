"""Files that were written to do harm, and what is asked of a system that has been given them."""
