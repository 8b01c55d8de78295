"""When the answer would flip: one factor at a time around a stated centre, PROFILE=sweep."""
