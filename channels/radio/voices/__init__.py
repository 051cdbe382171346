"""The engines that speak, behind one small seam (`base.Voice`)."""
