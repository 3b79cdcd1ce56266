"""Finding resources: what is asked, as SQL; what SQL cannot tell, from the stored headers."""
