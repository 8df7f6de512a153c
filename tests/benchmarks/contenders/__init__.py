"""One module per contender, with one function per workload in each."""
