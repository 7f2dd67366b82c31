"""From what an editor wrote to the bytes of one reader's mail."""
