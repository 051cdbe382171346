"""HOW a thing goes out: one adapter for each channel behind one seam (`channels.base`)."""
