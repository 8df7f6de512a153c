"""The page that shows what is inside an emulator."""
