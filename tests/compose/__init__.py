"""`make e2e-compose`: the images and the compose file, really run."""
