"""Files for reports. Each writer takes mentions one by one, so that a million rows need no more memory than ten."""
