"""Fitting the weights of detection to labelled cases. Run by hand (`make fit`), never by the product."""
