"""What all pages share: the frame (chrome), what outlives a page (state), and the pieces they are made of (widgets)."""
