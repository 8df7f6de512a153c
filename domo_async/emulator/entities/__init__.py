"""What an instance holds besides DataSets: people, pages, cards, accounts, projects, and the log of it all."""
