"""What every service's tests share: waiting without sleeping, datasets, fakes."""
