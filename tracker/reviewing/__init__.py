"""What people decide: candidates accepted, rejected, held, split, merged; rows corrected; what is learnt from it."""
