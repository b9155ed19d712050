"""What was published, read back: papers, cards, READMEs and macros as words, quantities and named figures."""
