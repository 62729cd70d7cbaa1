"""Labs: one source each, `labs/<lab>/lab.md`, from which everything else is made, proved and released."""
