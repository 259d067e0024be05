"""Models as judges: what they are asked, how they are spoken to, and how their answer is read."""
